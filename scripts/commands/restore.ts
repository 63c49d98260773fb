import { join, relative } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { contentOf, sameContent } from '../learner/folder-content.ts';
import { copyVersion, forgetStarter, keptPath, keptVersions, replaceLesson } from '../learner/kept.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { starterContent } from '../learner/starter.ts';
import { bold } from '../terminal/style.ts';
import { didYouMean, UsageError } from '../usage-error.ts';

export const command: Command = {
  summary: 'Brings back what a reset kept. What it replaces is kept in turn.',
  takes: 'lesson-N',
  flags: {
    list: { summary: 'only list what is kept' },
    from: { summary: 'bring back this one instead of the last', value: 'TIME' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'restore', args.names);
    const { folder, number } = lesson;
    const versions = keptVersions(folder);
    const wanted = args.valueOf('from') ?? versions.at(-1);
    if (wanted === undefined)
      throw new UsageError(
        `Nothing of lesson ${number} is kept; npm run reset lesson-${number} keeps what it replaces.`,
      );
    if (!versions.includes(wanted))
      throw new UsageError(`Nothing is kept from ${wanted}.${didYouMean(wanted, versions)}`);
    console.log(bold(`lesson ${number} · ${lesson.title}`));
    if (args.has('list')) {
      for (const version of versions) console.log(`  ${relative(repoDir, keptPath(folder, version))}`);
      console.log(`  One of them: npm run restore lesson-${number} -- --from ${wanted}`);
      return 0;
    }
    const there = contentOf(join(repoDir, 'lessons', folder));
    if (sameContent(there, contentOf(keptPath(folder, wanted)))) {
      console.log(`  lessons/${folder} is that version already; nothing was changed.`);
      return 0;
    }
    const replaced = replaceLesson(folder, (dir) => copyVersion(folder, wanted, dir));
    console.log(`  Back in lessons/${folder}: your version of ${wanted}. It stays kept, too.`);
    if (forgetStarter(folder, replaced, starterContent(folder))) return 0;
    console.log(`  What was there is kept in ${relative(repoDir, keptPath(folder, replaced))}`);
    return 0;
  },
};
