import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { structuredPatch } from 'diff';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { editedFolder, oneLesson, readLessons } from '../learner/lesson-list.ts';
import { isPassed } from '../learner/progress.ts';
import { readProgress } from '../learner/progress-file.ts';
import { confirmed } from '../terminal/ask.ts';
import { bold, cyan, dim, green, red } from '../terminal/style.ts';

export const command: Command = {
  summary: "Shows what separates your src from our solution's: - is yours, + is ours.",
  takes: 'lesson-N',
  flags: {
    yes: { summary: 'show it although the lesson is not passed yet' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'diff', args.names);
    const name = `lesson-${lesson.number}`;
    if (!args.has('yes') && !isPassed(await readProgress(), lesson.folder)) {
      const unasked = `Lesson ${lesson.number} is not passed yet; to see our solution all the same: npm run diff ${name} -- --yes`;
      const question = `Lesson ${lesson.number} is not passed yet, and a hint shows less. Show our solution all the same?`;
      if (!(await confirmed(question, unasked))) {
        console.log(`Not shown. A hint that fits: npm run hint ${name}`);
        return 0;
      }
    }
    const yours = join(repoDir, 'lessons', lesson.folder);
    const ours = join(repoDir, 'solutions', lesson.folder);
    const lines = [
      ...diffOfFolders(join(yours, 'src'), join(ours, 'src')),
      ...(lesson.ecosystem ? diffOfFiles(yours, ours, [lesson.ecosystem]) : []),
      ...(lesson.services.includes('nginx') ? diffOfRest(yours, ours) : []),
    ];
    for (const line of lines) console.log(line);
    console.log(
      lines.length === 0
        ? `  ${editedFolder(lesson)} is the same as our solution.`
        : `\n  ${red('-')} yours, ${editedFolder(lesson)}   ${green('+')} ours, ${editedFolder(lesson).replace('lessons', 'solutions')}. Another design can pass as well.`,
    );
    return 0;
  },
};

/** The differences between two folders, file by file, as lines for a terminal. */
export function diffOfFolders(yours: string, ours: string): string[] {
  return diffOfFiles(yours, ours, [...new Set([...filesIn(yours), ...filesIn(ours)])].sort());
}

/** The same for what lies beside src in a lesson that is about more than the app. */
function diffOfRest(yours: string, ours: string): string[] {
  const files = [...new Set([...filesIn(yours), ...filesIn(ours)])].sort();
  return diffOfFiles(
    yours,
    ours,
    files.filter((file) => !/^(src\/|README\.md$)/.test(file)),
  );
}

function diffOfFiles(yours: string, ours: string, files: string[]): string[] {
  return files.flatMap((file) => {
    const left = contentOf(join(yours, file));
    const right = contentOf(join(ours, file));
    if (left && right?.equals(left)) return [];
    if ([left, right].some((content) => content?.includes(0)))
      return [bold(file), dim('  not text; the bytes differ'), ''];
    const where = !left ? ' (ours only)' : !right ? ' (yours only)' : '';
    // An editor on Windows may have changed the line ends, which is no difference of the design.
    const patch = structuredPatch(file, file, String(left ?? ''), String(right ?? ''), '', '', {
      context: 3,
      stripTrailingCr: true,
    });
    if (patch.hunks.length === 0) return [];
    return [bold(file) + dim(where), ...patch.hunks.flatMap(hunkLines), ''];
  });
}

function hunkLines({ oldStart, newStart, lines }: { oldStart: number; newStart: number; lines: string[] }): string[] {
  return [
    cyan(`  @@ line ${oldStart} of yours, ${newStart} of ours`),
    ...lines.map((line) => {
      const colour = line.startsWith('-') ? red : line.startsWith('+') ? green : dim;
      return colour(`  ${line}`);
    }),
  ];
}

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !/(^|\/)node_modules\//.test(file));
}

function contentOf(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}
