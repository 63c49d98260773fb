import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from '../checks/harness/run.ts';
import type { Command } from './cli.ts';
import { contentOf } from './folder-content.ts';
import { findLesson, readLessons } from './lesson-list.ts';
import { type StarterFiles, starterList } from './starter.ts';

export const command: Command = {
  summary: "For authors: writes down the starters' contents, as they are now, for reset to find them.",
  takes: '[lesson-N …]',
  flags: {},
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? args.names.map((name) => findLesson(lessons, name)) : lessons;
    for (const { folder } of chosen) {
      const starter = starterNow(folder);
      writeFileSync(starterList(folder), `${JSON.stringify(starter, null, 2)}\n`);
      console.log(`  checks/${folder}/starter.json: ${Object.keys(starter).length} files`);
    }
    return 0;
  },
};

/** A lesson's folder as it is now, without what an editor or npm has left there. */
export function starterNow(folder: string): StarterFiles {
  const files = Object.entries(contentOf(join(repoDir, 'lessons', folder)));
  return Object.fromEntries(files.filter(([file]) => !/(^|\/)(\.|node_modules\/)/.test(file)));
}
