import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
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
