import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { writeStarter } from '../learner/starter.ts';
import { didYouMean, UsageError } from '../usage-error.ts';
import { layFilesOver } from './lay-over.ts';

/** What a wrong turn's `expect.json` says. */
export interface Expectation {
  /**
   * What its files are laid over: `starter`, or what it differs from in a line or two, which is our `solution` or another way,
   * by its name.
   */
  over?: string;
  /** Id of the first behaviour that fails, or "load". */
  behaviour: string;
  /** Must be part of what the learner reads. */
  message: string;
  /** What somebody thought who took this turn. */
  why: string;
  /** Errors that TypeScript finds in it, where nobody would make this mistake without: `TS2801`. Node runs it all the same. */
  typeErrors?: string[] | undefined;
}

/** Something that verify judges, with what must come of it. */
export type Subject = { name: string; dir: string } & (
  | { role: 'starter' }
  | { role: 'solution' }
  | { role: 'other-way' }
  | { role: 'wrong-turn'; expects: Expectation }
);

/** Every subject of a lesson, as it is in the working tree. Wrong turns and other ways are laid over a copy of their base in `scratchDir`. */
export function subjectsOf(lesson: Lesson, scratchDir: string): Subject[] {
  const { starter, solution } = foldersOf(lesson);
  return [
    { role: 'starter', name: 'starter', dir: starter },
    { role: 'solution', name: 'solution', dir: solution },
    ...wrongTurnsOf(lesson, scratchDir).map(({ name, expects, base }) => {
      return {
        role: 'wrong-turn' as const,
        name,
        dir: layOver(lesson, base, 'wrong-turns', name, scratchDir),
        expects,
      };
    }),
    ...namesOf(lesson, 'other-ways').map((name) => {
      return { role: 'other-way' as const, name, dir: layOver(lesson, starter, 'other-ways', name, scratchDir) };
    }),
  ];
}

/** The wrong turns of a lesson: where their files are, and over which app they are laid. Other ways are laid out in `scratchDir`. */
export function wrongTurnsOf(
  lesson: Lesson,
  scratchDir: string,
): { name: string; expects: Expectation; base: string; files: string }[] {
  const { starter, checks } = foldersOf(lesson);
  const bases = new Map<string, string>();
  return namesOf(lesson, 'wrong-turns').map((name) => {
    const expects = expectationOf(lesson, name);
    const over = overOf(expects);
    const base = bases.get(over) ?? baseOf(lesson, name, over, starter, scratchDir);
    bases.set(over, base);
    return { name, expects, base, files: join(checks, 'wrong-turns', name) };
  });
}

/**
 * One wrong turn, laid out in `scratchDir` over the starter as the workshop ships it: in `lessons` are the learner's edits.
 * @throws {UsageError} with the names that there are.
 */
export function wrongTurnForShow(lesson: Lesson, name: string, scratchDir: string): { dir: string; why: string } {
  const names = namesOf(lesson, 'wrong-turns');
  if (!names.includes(name))
    throw new UsageError(
      `Lesson ${lesson.number} has no wrong turn "${name}".${didYouMean(name, names)} It has: ${names.join(', ')}.`,
    );
  const expects = expectationOf(lesson, name);
  const starter = join(scratchDir, 'starter');
  if (overOf(expects) !== 'solution') writeStarter(starter, lesson.folder);
  const base = baseOf(lesson, name, overOf(expects), starter, scratchDir);
  return { dir: layOver(lesson, base, 'wrong-turns', name, scratchDir), why: expects.why };
}

const overOf = ({ over = 'starter' }: Expectation) => over;

/**
 * The app that a wrong turn's files are laid over.
 * @throws {Error} where nothing of that name is there.
 */
function baseOf(lesson: Lesson, name: string, over: string, starter: string, scratchDir: string): string {
  if (over === 'starter') return starter;
  if (over === 'solution') return foldersOf(lesson).solution;
  const ways = namesOf(lesson, 'other-ways');
  if (ways.includes(over)) return layOver(lesson, starter, 'other-ways', over, scratchDir);
  const there = ['starter', 'solution', ...ways];
  throw new Error(
    `checks/${lesson.folder}/wrong-turns/${name}/expect.json is over "${over}".${didYouMean(over, there)} There are: ${there.join(', ')}.`,
  );
}

function expectationOf(lesson: Lesson, name: string): Expectation {
  const file = join(foldersOf(lesson).checks, 'wrong-turns', name, 'expect.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Expectation;
}

const foldersOf = ({ folder }: Lesson) => ({
  starter: join(repoDir, 'lessons', folder),
  solution: join(repoDir, 'solutions', folder),
  checks: join(repoDir, 'checks', folder),
});

function namesOf(lesson: Lesson, kind: 'wrong-turns' | 'other-ways'): string[] {
  const parent = join(foldersOf(lesson).checks, kind);
  return existsSync(parent) ? readdirSync(parent).sort() : [];
}

/** A subject of the lesson's own folder, laid out. */
function layOver(
  lesson: Lesson,
  base: string,
  kind: 'wrong-turns' | 'other-ways',
  name: string,
  scratchDir: string,
): string {
  return layFilesOver(base, join(foldersOf(lesson).checks, kind, name), join(scratchDir, lesson.folder, kind, name));
}
