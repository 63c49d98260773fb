import type { Command } from './cli.ts';
import { readLessons } from './lesson-list.ts';
import { readProgress } from './progress-file.ts';
import { bold, dim, green, red, yellow } from './style.ts';

export const command: Command = {
  summary: 'Lists the lessons, with the minutes that each takes and how far you are.',
  takes: '',
  flags: {},
  async run() {
    const lessons = await readLessons();
    const progress = readProgress();
    console.log(bold('Scaling Express: the Encore workshop'));
    console.log();
    for (const lesson of lessons) {
      const last = progress[lesson.folder];
      const state = {
        pass: green('passed'),
        fail: red(`${last?.held} of ${last?.behaviours} behaviours`),
        inconclusive: yellow('inconclusive'),
        none: dim('not checked yet'),
      }[last?.verdict ?? 'none'];
      console.log(
        `  ${String(lesson.number).padStart(2)}  ${lesson.folder.slice(3).padEnd(18)} ${String(lesson.minutes).padStart(3)} min  ${lesson.title.padEnd(48)} ${state}`,
      );
    }
    const next = lessons.find((lesson) => progress[lesson.folder]?.verdict !== 'pass');
    console.log();
    if (next) {
      console.log(`  Next: read lessons/${next.folder}/README.md, then run: npm run check lesson-${next.number}`);
      console.log('  It fails at first. That is the exercise: edit the files below its src/ until it passes.');
    } else console.log('  Every lesson is passed.');
    return 0;
  },
};
