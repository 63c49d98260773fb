import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { starterDir } from '../learner/starter.ts';
import { UsageError } from '../usage-error.ts';

const template = join(import.meta.dirname, 'lesson-template');

export const command: Command = {
  summary:
    'For authors: lays down a lesson that runs, with every file in its place and a TODO where thought is needed.',
  takes: 'NUMBER NAME',
  flags: {},
  async run(args) {
    const [number = '', name = ''] = args.names;
    if (!/^\d{1,2}$/.test(number) || !/^[a-z][a-z0-9-]*$/.test(name))
      throw new UsageError('A lesson has a number and a name of lower-case words: npm run new 12 rate-limiting');
    const folder = `${number.padStart(2, '0')}-${name}`;
    const taken = readdirSync(join(repoDir, 'checks')).find((other) => other.startsWith(folder.slice(0, 3)));
    if (taken) throw new UsageError(`Lesson ${Number(number)} is there already: checks/${taken}.`);
    for (const file of layDown(folder)) console.log(`  ${file}`);
    console.log(`\n  It runs, and fails as a starter does: npm run check lesson-${Number(number)}`);
    console.log('  CONTRIBUTING.md, A new lesson, says in which order to write it.');
    console.log(`  What is unfinished: npm run verify lesson-${Number(number)}`);
    return 0;
  },
};

/** Writes the files of a lesson. @returns their paths in the repository. */
function layDown(folder: string): string[] {
  const number = Number(folder.slice(0, 2));
  // The solution is the starter with what changed laid over it, and the check keeps a copy of the starter.
  const places: [part: string, to: string][] = [
    ['lesson', join('lessons', folder)],
    ['lesson/src', join('solutions', folder, 'src')],
    ['solution', join('solutions', folder)],
    ['lesson', relative(repoDir, starterDir(folder))],
    ['check', join('checks', folder)],
  ];
  const written = new Set<string>();
  for (const [part, to] of places)
    for (const file of filesIn(join(template, part))) {
      const path = join(to, relative(join(template, part), file));
      const text = readFileSync(file, 'utf8').replaceAll('NUMBER', String(number)).replaceAll('FOLDER', folder);
      mkdirSync(dirname(join(repoDir, path)), { recursive: true });
      writeFileSync(join(repoDir, path), text);
      written.add(path);
    }
  return [...written].sort();
}

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}
