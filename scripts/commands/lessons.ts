import type { Command } from '../command.ts';
import { readLessons } from '../learner/lesson-list.ts';
import { isPassed } from '../learner/progress.ts';
import { readProgress } from '../learner/progress-file.ts';
import { lessonLines } from '../terminal/status.ts';
import { bold } from '../terminal/style.ts';

export const command: Command = {
  summary: 'Lists the lessons, with the minutes that each takes and how far you are.',
  takes: '',
  flags: {},
  async run() {
    const lessons = await readLessons();
    const progress = await readProgress();
    console.log(bold('Scaling Express: the Encore workshop'));
    console.log();
    for (const line of lessonLines(lessons, progress)) console.log(line);
    const next = lessons.find((lesson) => !isPassed(progress, lesson.folder));
    console.log();
    if (next) {
      console.log(`  Next: read lessons/${next.folder}/README.md, then run: npm run check lesson-${next.number}`);
      console.log('  It fails at first. That is the exercise: edit the files below its src/ until it passes.');
    } else console.log('  Every lesson is passed.');
    return 0;
  },
};
