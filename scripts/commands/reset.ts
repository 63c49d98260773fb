import { join, relative } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { contentOf, sameContent } from '../learner/folder-content.ts';
import { keptPath, replaceLesson } from '../learner/kept.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { readStarter, writeStarter } from '../learner/starter.ts';
import { bold } from '../terminal/style.ts';

export const command: Command = {
  summary: 'Puts the starter of a lesson back. What you wrote is kept, and npm run restore brings it back.',
  takes: 'lesson-N',
  flags: {},
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'reset', args.names);
    const starter = readStarter(lesson.folder);
    console.log(bold(`lesson ${lesson.number} · ${lesson.title}`));
    if (sameContent(contentOf(join(repoDir, 'lessons', lesson.folder)), starter)) {
      console.log(`  lessons/${lesson.folder} is the starter already; nothing was changed.`);
      return 0;
    }
    const version = replaceLesson(lesson.folder, (dir) => writeStarter(dir, lesson.folder));
    console.log(`  The starter is back in lessons/${lesson.folder}.`);
    console.log(`  Your version is kept in ${relative(repoDir, keptPath(lesson.folder, version))}`);
    console.log(`  To get it back: npm run restore lesson-${lesson.number}`);
    return 0;
  },
};
