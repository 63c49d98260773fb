import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { contentOf, type FolderContent, sameContent } from '../learner/folder-content.ts';
import { findLesson, readLessons } from '../learner/lesson-list.ts';
import { copyShipped, shipped, starterDir } from '../learner/starter.ts';

export const command: Command = {
  summary: 'For authors: copies lessons/ as they are now to checks/NN-name/starter, from which reset brings them back.',
  takes: '[lesson-N …]',
  flags: {},
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? args.names.map((name) => findLesson(lessons, name)) : lessons;
    for (const { folder } of chosen) {
      const starter = starterNow(folder);
      const unchanged = sameContent(contentOf(starterDir(folder)), starter);
      if (!unchanged) {
        rmSync(starterDir(folder), { recursive: true, force: true });
        copyShipped(join(repoDir, 'lessons', folder), starterDir(folder), starter);
      }
      console.log(
        `  checks/${folder}/starter: ${Object.keys(starter).length} files${unchanged ? '' : ', copied from lessons/'}`,
      );
    }
    return 0;
  },
};

/** What the starter's copy should hold: a lesson's folder as it is now. */
export function starterNow(folder: string): FolderContent {
  return shipped(contentOf(join(repoDir, 'lessons', folder)));
}
