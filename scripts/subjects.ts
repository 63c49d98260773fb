import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../checks/harness/lesson.ts';
import { repoDir } from '../checks/harness/run.ts';

/** What a wrong turn's `expect.json` says. */
export interface Expectation {
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
  const laidOver = (kind: 'wrong-turns' | 'other-ways') => {
    const parent = join(repoDir, 'checks', lesson.folder, kind);
    const names = existsSync(parent) ? readdirSync(parent).sort() : [];
    return names.map((name) => {
      const dir = join(scratchDir, lesson.folder, name);
      cpSync(join(starter, 'src'), join(dir, 'src'), { recursive: true });
      cpSync(join(parent, name), dir, { recursive: true });
      return { name, dir, source: join(parent, name) };
    });
  };
  return [
    { role: 'starter', name: 'starter', dir: starter },
    { role: 'solution', name: 'solution', dir: join(repoDir, 'solutions', lesson.folder) },
    ...laidOver('wrong-turns').map(({ name, dir, source }) => ({
      role: 'wrong-turn' as const,
      name,
      dir,
      expects: JSON.parse(readFileSync(join(source, 'expect.json'), 'utf8')) as Expectation,
    })),
    ...laidOver('other-ways').map(({ name, dir }) => ({ role: 'other-way' as const, name, dir })),
  ];
}
