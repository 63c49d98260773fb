import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { readHints } from '../learner/hint-texts.ts';

const leastWrongTurns = 6;
const leastOtherWays = 2;

/** What a lesson still lacks, a line each; none when it is whole. */
export function unfinished({ folder, starterFails }: Lesson): string[] {
  const [lesson, solution, check] = ['lessons', 'solutions', 'checks'].map((top) => join(repoDir, top, folder)) as [
    string,
    string,
    string,
  ];
  const wanted = [
    join(lesson, 'README.md'),
    join(solution, 'README.md'),
    join(check, 'hints.md'),
    join(check, 'load.yml'),
  ];
  const missing = wanted.filter((file) => !existsSync(file)).map((file) => `${relative(repoDir, file)} is missing`);
  const counts = [
    { kind: 'wrong-turns', least: leastWrongTurns },
    { kind: 'other-ways', least: leastOtherWays },
  ].flatMap(({ kind, least }) => {
    const dir = join(check, kind);
    const there = existsSync(dir) ? readdirSync(dir).length : 0;
    return there < least ? [`${relative(repoDir, dir)} has ${there} of at least ${least}`] : [];
  });
  const hints = existsSync(join(check, 'hints.md')) ? readHints(folder) : new Map<string, string[]>();
  const hintless = ['general', ...starterFails]
    .filter((id) => hints.get(id)?.length !== 3)
    .map((id) => `hints.md has no three levels for ${id}`);
  const todo = [lesson, solution, check]
    .flatMap((dir) => filesIn(dir))
    .filter((file) => /\bTODO\b/.test(readFileSync(file, 'utf8')))
    .map((file) => `${relative(repoDir, file)} has a TODO`);
  return [...missing, ...counts, ...hintless, ...todo];
}

function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((name) => {
    if (name === 'node_modules') return [];
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}
