import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../checks/harness/lesson.ts';
import { repoDir } from '../checks/harness/run.ts';

/** What a wrong turn's `expect.json` says. */
export interface Expectation {
  /** What its files are laid over: the starter, or our solution when it differs from that in a line or two. */
  over?: 'starter' | 'solution';
  /** Id of the first behaviour that fails, or "load". */
  behaviour: string;
  /** Must be part of what the learner reads. */
  message: string;
  /** What somebody thought who took this turn. */
  why: string;
}

/** Something that verify judges, with what must come of it. */
export type Subject = { name: string; dir: string } & (
  | { role: 'starter' }
  | { role: 'solution' }
  | { role: 'other-way' }
  | { role: 'wrong-turn'; expects: Expectation }
);

/** Every subject of a lesson. Wrong turns and other ways are laid over a copy of the starter in `scratchDir`. */
export function subjectsOf(lesson: Lesson, scratchDir: string): Subject[] {
  const starter = join(repoDir, 'lessons', lesson.folder);
  const solution = join(repoDir, 'solutions', lesson.folder);
  const checks = join(repoDir, 'checks', lesson.folder);
  const layOver = (base: string, files: string, name: string) => {
    const dir = join(scratchDir, lesson.folder, name);
    cpSync(base, dir, { recursive: true });
    cpSync(files, dir, { recursive: true });
    return dir;
  };
  return [
    { role: 'starter', name: 'starter', dir: starter },
    { role: 'solution', name: 'solution', dir: solution },
    ...foldersIn(join(checks, 'wrong-turns')).map((name) => {
      const files = join(checks, 'wrong-turns', name);
      const expects = JSON.parse(readFileSync(join(files, 'expect.json'), 'utf8')) as Expectation;
      const dir = layOver(expects.over === 'solution' ? solution : starter, files, name);
      return { role: 'wrong-turn' as const, name, dir, expects };
    }),
    ...foldersIn(join(checks, 'other-ways')).map((name) => {
      return { role: 'other-way' as const, name, dir: layOver(starter, join(checks, 'other-ways', name), name) };
    }),
  ];
}

function foldersIn(parent: string): string[] {
  return existsSync(parent) ? readdirSync(parent).sort() : [];
}
