import type { Lesson } from '../checks/harness/lesson.ts';
import type { Command } from './cli.ts';
import { oneLesson, readLessons } from './lesson-list.ts';
import { isPassed } from './progress.ts';
import { readProgress, updateProgress } from './progress-file.ts';
import { currentLesson, lessonLines } from './status.ts';
import { bold } from './style.ts';
import { UsageError } from './usage-error.ts';
import { LessonWatch } from './watch.ts';

export const command: Command = {
  summary: 'Says where you are and what is next. On a terminal it checks the lesson again whenever you save.',
  takes: '[lesson-N]',
  flags: {},
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? oneLesson(lessons, 'start', args.names) : undefined;
    const progress = chosen
      ? await updateProgress((before) => ({ ...before, current: chosen.folder }))
      : await readProgress();
    const lesson = currentLesson(lessons, progress);
    if (!lesson) throw new UsageError('There is no lesson in checks/.');
    console.log(bold('Scaling Express: the Encore workshop'));
    console.log();
    for (const line of lessonLines(lessons, progress, lesson)) console.log(line);
    console.log();
    for (const line of introduction(lesson, isPassed(progress, lesson.folder))) console.log(line);
    if (process.stdin.isTTY && process.stdout.isTTY) return new LessonWatch(lessons, lesson).run();
    console.log(`  Check    npm run check lesson-${lesson.number}`);
    console.log('\n  On a terminal, npm start checks the lesson again whenever you save.');
    return 0;
  },
};

/** What the learner has to know of a lesson before its first check. */
export function introduction(lesson: Lesson, passed: boolean): string[] {
  return [
    bold(`lesson ${lesson.number} · ${lesson.title}`),
    `  Read     lessons/${lesson.folder}/README.md`,
    `  Edit     lessons/${lesson.folder}/src`,
    passed
      ? '  You have passed it. n goes on to the next one; nothing else does.'
      : '  The first check fails, and is meant to: the lesson starts broken.',
  ];
}
