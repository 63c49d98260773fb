import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { LoadResult } from '../../checks/harness/model/result.ts';
import { cacheDir, type Run, repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { isPassed } from '../learner/progress.ts';
import { readProgress } from '../learner/progress-file.ts';
import { writeStarter } from '../learner/starter.ts';
import { chartLines } from '../report/after-load.ts';
import { type ArmName, drawable } from '../report/arms.ts';
import { type Report, reportPage } from '../report/page.ts';
import { isStarter, keepStarterLoad } from '../report/starter-load.ts';
import { runCheck } from '../running/run-check.ts';
import { withRun } from '../running/session.ts';
import { isOnTerminal } from '../running/watched.ts';
import { CheckPrinter } from '../terminal/print-check.ts';
import { dim } from '../terminal/style.ts';

export const command: Command = {
  summary: 'Runs the load on the starter, on your app and, once you have passed, on our solution, and draws them.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'draw our solution, too, before the lesson is passed' },
    json: { summary: 'print the figures as JSON instead' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'report', args.names);
    const withSolution = args.has('solution') || isPassed(await readProgress(), lesson.folder);
    const quiet = args.has('json');
    const report = await withRun(async (run): Promise<Report> => {
      const loads: Report['loads'] = [];
      for (const { name, dir } of armsOf(run, lesson, withSolution))
        loads.push({ name, load: await loadOf(run, lesson, name, dir, quiet) });
      const machine = { cores: availableParallelism(), node: process.version, platform: process.platform };
      const { number, folder, title, targets } = lesson;
      return { lesson: { number, folder, title, targets }, at: new Date().toISOString(), machine, loads };
    });
    if (quiet) console.log(JSON.stringify(report, null, 2));
    if (drawable(report.loads).length === 0) {
      if (!quiet) console.log('  No load run was answered, so there is nothing to draw.');
      return exitCodes.nothing;
    }
    const [starter] = report.loads;
    if (starter) keepStarterLoad(lesson, starter.load);
    if (!quiet) tell(lesson, report, write(report), withSolution);
    return exitCodes.drawn;
  },
};

const exitCodes = { drawn: 0, nothing: 2 };

/** The apps to compare. A learner's folder that is still the starter is not measured twice. */
function armsOf(run: Run, lesson: Lesson, withSolution: boolean): { name: ArmName; dir: string }[] {
  const own = join(repoDir, 'lessons', lesson.folder);
  const solution = { name: 'solution' as const, dir: join(repoDir, 'solutions', lesson.folder) };
  const before = isStarter(lesson)
    ? [{ name: 'starter' as const, dir: own }]
    : [
        { name: 'starter' as const, dir: starterIn(join(run.dir, 'starter'), lesson) },
        { name: 'yours' as const, dir: own },
      ];
  return withSolution ? [...before, solution] : before;
}

function starterIn(dir: string, { folder }: Lesson): string {
  writeStarter(dir, folder);
  return dir;
}

async function loadOf(run: Run, lesson: Lesson, name: ArmName, dir: string, quiet: boolean): Promise<LoadResult> {
  const printer = quiet ? undefined : new CheckPrinter(lesson);
  const shown = { starter: 'the starter', yours: `lessons/${lesson.folder}`, solution: `solutions/${lesson.folder}` };
  printer?.begin(shown[name]);
  const result = await runCheck(
    run,
    lesson,
    { folder: lesson.folder, subjectDir: dir, all: false, further: false, load: 'only' },
    printer,
  );
  printer?.end(result, ['']);
  const none = { elapsedMs: 0, requests: 0, seconds: 0, targets: [] };
  return result.load ?? { ...none, outcome: 'inconclusive', reason: 'the app did not start' };
}

/** Writes the page, and its figures beside it. @returns the page's path. */
function write(report: Report): string {
  const file = join(cacheDir, 'reports', `${report.lesson.folder}.html`);
  mkdirSync(join(cacheDir, 'reports'), { recursive: true });
  writeFileSync(file, reportPage(report));
  writeFileSync(file.replace(/html$/, 'json'), `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

function tell(lesson: Lesson, report: Report, file: string, withSolution: boolean): void {
  if (isOnTerminal) for (const line of chartLines(lesson, report.loads)) console.log(line);
  const path = relative(repoDir, file);
  console.log(`\n  Written to ${path}, one file that needs no network.`);
  console.log('  Its figures are in the .json beside it. Open it in a browser:');
  console.log(`  ${pathToFileURL(file).href}`);
  if (!report.loads.some(({ name }) => name === 'yours')) console.log(dim('  Your app is still the starter.'));
  if (!withSolution) console.log(dim('  Our solution is drawn, too, once you have passed.'));
}
