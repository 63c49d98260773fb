import { cpSync, existsSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { type Run, repoDir } from '../../checks/harness/os/run.ts';
import type { Arguments } from '../arguments.ts';
import { UsageError } from '../usage-error.ts';

/** What a command that judges exits with. */
export const verdictExitCodes = { pass: 0, fail: 1, inconclusive: 2 } as const;

/** The folder to judge: the learner's, our solution's, or the one that is named. */
export function subjectOf(lesson: Lesson, args: Arguments): string {
  const given = args.valueOf('subject');
  const chosen = ['solution', 'subject', 'wrong-turn'].filter(
    (flag) => args.has(flag) || args.valueOf(flag) !== undefined,
  );
  if (chosen.length > 1) throw new UsageError(`--${chosen.join(' and --')} exclude each other.`);
  // npm runs scripts in the repository; a relative path is meant from where the learner typed it.
  const typedIn = process.env.INIT_CWD ?? process.cwd();
  const dir =
    given === undefined
      ? join(repoDir, args.has('solution') ? 'solutions' : 'lessons', lesson.folder)
      : resolve(typedIn, given);
  if (!existsSync(dir) || !statSync(dir).isDirectory()) throw new UsageError(`There is no folder ${dir}.`);
  if (!existsSync(join(dir, 'src', 'server.ts'))) {
    throw new UsageError(
      `${join(dir, 'src', 'server.ts')} is missing. The check starts the app with "node src/server.ts" in ${dir}.`,
    );
  }
  return dir;
}

/** Whose app `subjectOf` finds: the lesson's folder holds the learner's. */
export function whoseOf(args: Arguments): 'lesson' | 'yours' | 'solution' {
  if (args.has('solution')) return 'solution';
  const another = ['subject', 'wrong-turn'].some((flag) => args.valueOf(flag) !== undefined);
  return another ? 'yours' : 'lesson';
}

/**
 * Where an app can be run. Node looks for its packages in the folders above it, so one that lies outside the workshop and
 * finds no Express there is run as a copy inside, with the workshop's packages.
 */
export function withPackages(dir: string, run: Run): string {
  const isInside = !relative(realpathSync(repoDir), realpathSync(dir)).startsWith('..');
  if (isInside || findsExpress(dir)) return dir;
  const copy = join(run.dir, 'subject', basename(dir));
  cpSync(dir, copy, { recursive: true, filter: (path) => basename(path) !== '.git' });
  return copy;
}

/** @throws {UsageError} where no copy will do, because the app is edited while it runs. */
export function mustFindPackages(dir: string): void {
  if (!findsExpress(dir))
    throw new UsageError(
      `Node finds no express from ${dir}: copy that folder into this one, or run npm install express there.`,
    );
}

function findsExpress(dir: string): boolean {
  try {
    createRequire(join(dir, 'src', 'server.ts')).resolve('express');
    return true;
  } catch {
    return false;
  }
}
