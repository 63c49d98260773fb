import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Lesson } from '../checks/harness/lesson.ts';
import type { CheckPlan, CheckResult } from '../checks/harness/result.ts';
import { repoDir } from '../checks/harness/run.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './cli.ts';
import { oneLesson, readLessons } from './lesson-list.ts';
import { CheckPrinter } from './print-check.ts';
import { withResult } from './progress.ts';
import { updateProgress } from './progress-file.ts';
import { afterLoad } from './report/after-load.ts';
import { runCheck } from './run-check.ts';
import { withRun } from './session.ts';
import { wrongTurnForShow } from './subjects.ts';
import { UsageError } from './usage-error.ts';
import { isWatched } from './watched.ts';

export const exitCodes = { pass: 0, fail: 1, inconclusive: 2 } as const;

export const command: Command = {
  summary: 'Checks a lesson: its behaviours first, then its load.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'check our solution instead of your app' },
    subject: { summary: 'check the app in this folder instead', value: 'DIR' },
    'wrong-turn': {
      summary: 'check one of the near-miss fixes that the lesson keeps, and see what catches it',
      value: 'NAME',
    },
    all: { summary: 'go on after the first behaviour that fails' },
    'no-load': { summary: 'leave the load run out' },
    'load-anyway': { summary: 'run the load although a behaviour fails' },
    json: { summary: 'print the whole result as JSON (schema: CONTRIBUTING.md)' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'check', args.names);
    const wrongTurn = args.valueOf('wrong-turn');
    const subjectDir = subjectOf(lesson, args);
    const printer = args.has('json') ? undefined : new CheckPrinter(lesson);
    const load = args.has('no-load') ? 'never' : args.has('load-anyway') ? 'always' : 'after-behaviours';
    const result = await withRun(async (run) => {
      const plan: CheckPlan = { folder: lesson.folder, subjectDir, all: args.has('all'), load };
      if (wrongTurn === undefined) printer?.begin(relative(repoDir, subjectDir) || subjectDir);
      else {
        const { dir, why } = wrongTurnForShow(lesson, wrongTurn, join(run.dir, 'subjects'));
        plan.subjectDir = dir;
        printer?.begin(`the wrong turn ${wrongTurn}: ${why}`);
      }
      return runCheck(lesson, plan, printer);
    });
    if (isOwn(args)) await updateProgress((before) => withResult(before, result, load !== 'never'));
    const picture = afterLoad(lesson, result.load, whoseOf(args));
    if (printer) printer.end(result, isOwn(args) ? nextSteps(lesson, result, load) : [], picture);
    else console.log(JSON.stringify(result, null, 2));
    return exitCodes[result.verdict];
  },
};

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

const isOwn = (args: Arguments) => whoseOf(args) === 'lesson';

/** Whose app `subjectOf` finds: the lesson's folder holds the learner's. */
export function whoseOf(args: Arguments): 'lesson' | 'yours' | 'solution' {
  if (args.has('solution')) return 'solution';
  const another = ['subject', 'wrong-turn'].some((flag) => args.valueOf(flag) !== undefined);
  return another ? 'yours' : 'lesson';
}

function nextSteps(lesson: Lesson, result: CheckResult, load: CheckPlan['load']): string[] {
  const name = `lesson-${lesson.number}`;
  // The watch mode of `npm start` says what its keys do.
  if (result.verdict === 'pass' && load === 'never')
    return [`What is left is the load run: ${isWatched ? 'press l' : `npm run check ${name}`}`];
  if (result.verdict === 'pass')
    return [
      `Compare with ours: solutions/${lesson.folder}/README.md says why it works and what it costs.`,
      `Line by line: ${isWatched ? 'd' : `npm run diff ${name}`}   The next lesson: ${isWatched ? 'n' : 'npm start'}`,
    ];
  if (result.verdict === 'inconclusive') return ['Look at "to mend it" above, or run: npm run doctor'];
  return [
    `Edit lessons/${lesson.folder}/src, then: ${isWatched ? 'save' : `npm run check ${name}`}`,
    `Stuck? ${isWatched ? 'Press h' : `npm run hint ${name}`}. Every lesson fails at first: that is the exercise.`,
  ];
}
