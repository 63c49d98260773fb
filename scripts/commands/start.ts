import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { isPassed } from '../learner/progress.ts';
import { readProgress, updateProgress } from '../learner/progress-file.ts';
import { currentLesson, introduction, lessonLines } from '../terminal/status.ts';
import { bold } from '../terminal/style.ts';
import { LessonWatch } from '../terminal/watch.ts';
import { UsageError } from '../usage-error.ts';

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
