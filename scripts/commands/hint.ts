import { join } from 'node:path';
import { nameOfSources, readSources } from '../../checks/harness/app/sources.ts';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { readHints, terminalLines } from '../learner/hint-texts.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { type LessonProgress, withHint } from '../learner/progress.ts';
import { readProgress, updateProgress } from '../learner/progress-file.ts';
import { isStarter } from '../report/starter-load.ts';
import { isWatched } from '../running/watched.ts';
import { bold, dim } from '../terminal/style.ts';

export const command: Command = {
  summary:
    'Gives the next hint on the behaviour that failed last: where to look, the mechanism, the shape of the change.',
  takes: 'lesson-N',
  flags: {
    again: { summary: 'show the levels that you have seen once more, and no new one' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'hint', args.names);
    const known = (await readProgress()).lessons[lesson.folder] ?? {};
    const since = lastIsAboutOtherCode(known, lesson);
    const progress = since ? withoutLast(known) : known;
    const check = `npm run check lesson-${lesson.number}`;
    console.log(bold(`lesson ${lesson.number} · ${lesson.title}`));
    if (args.has('again')) return again(lesson, known);
    const done = nothingFails(progress, check);
    if (done) {
      console.log(`\n  ${done}`);
      return 0;
    }
    const hints = readHints(lesson.folder);
    const failing = progress.last?.failing;
    const id = failing !== undefined && hints.has(failing) ? failing : 'general';
    const levels = hints.get(id) ?? [];
    const seen = Math.min(progress.hints?.[id] ?? 0, levels.length);
    const level = Math.min(seen + 1, levels.length);
    console.log(dim(whichHint(progress, id, failing)));
    if (!progress.last)
      console.log(`  No check has run ${since ?? 'yet'}. This is the general hint; ${check} finds the one that fits.`);
    showLevel(levels, level);
    if (level > seen) await updateProgress((before) => withHint(before, lesson.folder, id, level));
    console.log(`\n  ${whatNext(lesson, level, levels.length)}`);
    return 0;
  },
};

function showLevel(levels: readonly string[], level: number): void {
  console.log(`\n  ${bold(`hint ${level} of ${levels.length}`)}\n`);
  for (const line of terminalLines(levels[level - 1] ?? '')) console.log(line);
}

/** Every hint of the lesson that has been seen, whatever the last check came to. */
function again(lesson: Lesson, { hints: levelsSeen = {} }: LessonProgress): number {
  const hints = readHints(lesson.folder);
  const seen = Object.entries(levelsSeen).filter(([id, level]) => level > 0 && hints.has(id));
  if (seen.length === 0)
    console.log(`\n  You have seen no hint of it yet. The first: npm run hint lesson-${lesson.number}`);
  for (const [id, last] of seen) {
    const levels = hints.get(id) ?? [];
    console.log(dim(`\n${id === 'general' ? 'on the lesson as a whole' : `on "${id}"`}`));
    for (let level = 1; level <= Math.min(last, levels.length); level++) showLevel(levels, level);
  }
  return 0;
}

/**
 * A check that passed says nothing about the starter, which a reset or git has put back since, nor about what a restore or
 * an edit has changed. What has failed is worth a hint until the next check.
 */
function lastIsAboutOtherCode({ last }: LessonProgress, lesson: Lesson): string | undefined {
  if (last?.verdict !== 'pass' && last?.verdict !== 'held') return undefined;
  if (isStarter(lesson)) return 'since the starter came back';
  if (last.failing || !last.code) return undefined;
  const code = nameOfSources(readSources(join(repoDir, 'lessons', lesson.folder)));
  return code === last.code ? undefined : 'since the code was changed';
}

const withoutLast = ({ last: _, ...before }: LessonProgress): LessonProgress => before;

function nothingFails({ last }: LessonProgress, check: string): string | undefined {
  if (last?.failing) return undefined;
  if (last?.verdict === 'pass') return 'Your last check passed: there is nothing to hint at.';
  if (last?.verdict === 'held' && last.score !== undefined)
    return `Your last check passed under a short load. What is left is the whole one: ${check}`;
  if (last?.verdict === 'held') return `Every behaviour held in your last check. What is left is the load: ${check}`;
  if (last?.verdict === 'inconclusive' && !last.failing)
    return `Your last check could not judge, so no hint fits. Run npm run doctor, then ${check}`;
  return undefined;
}

function whichHint({ last }: LessonProgress, id: string, failing: string | undefined): string {
  if (!last) return '';
  if (failing === 'load') return 'on the load run, which failed last';
  return id === 'general' ? 'on the lesson as a whole' : `on the behaviour "${id}", which failed last`;
}

function whatNext({ number }: Lesson, level: number, levels: number): string {
  if (level < levels) return `Not enough? ${isWatched ? 'Press h again' : `Once more: npm run hint lesson-${number}`}`;
  return `That is all of it. Our solution, line by line: ${isWatched ? 'd' : `npm run diff lesson-${number}`}`;
}
