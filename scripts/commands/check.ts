import { join, relative } from 'node:path';
import { changedSource, nameOfSources, readSources } from '../../checks/harness/app/sources.ts';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckPlan, CheckResult } from '../../checks/harness/model/result.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { troubleIn } from '../../checks/harness/os/trouble.ts';
import type { Arguments } from '../arguments.ts';
import { wrongTurnForShow } from '../authoring/subjects.ts';
import type { Command } from '../command.ts';
import { editedFolder, oneLesson, readLessons } from '../learner/lesson-list.ts';
import { withResult } from '../learner/progress.ts';
import { updateProgress } from '../learner/progress-file.ts';
import { afterLoad } from '../report/after-load.ts';
import { editorsLaunch } from '../running/debugger.ts';
import { runCheck } from '../running/run-check.ts';
import { withRun } from '../running/session.ts';
import { subjectOf, verdictExitCodes, whoseOf, withPackages } from '../running/subject.ts';
import { isWatched } from '../running/watched.ts';
import { appMark, CheckPrinter } from '../terminal/print-check.ts';

export const command: Command = {
  summary: 'Checks a lesson: its behaviours first, then its load.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'check our solution instead of your app' },
    subject: { summary: 'check the app in this folder instead', value: 'DIR' },
    'wrong-turn': {
      summary:
        'check one of the near-miss fixes that the lesson keeps, and see what catches it; an unknown name lists them',
      value: 'NAME',
    },
    all: { summary: 'go on after the first behaviour that fails' },
    'no-load': { summary: 'leave the load run out' },
    further: { summary: 'after a pass, judge what goes beyond the core of the lesson' },
    'load-anyway': { summary: 'run the load although a behaviour fails' },
    output: { summary: 'show what the app prints, each line with the instance that printed it' },
    json: { summary: 'print the whole result as JSON (schema: CONTRIBUTING.md)' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'check', args.names);
    const wrongTurn = args.valueOf('wrong-turn');
    const subjectDir = subjectOf(lesson, args);
    const printer = args.has('json') ? undefined : new CheckPrinter(lesson);
    const sources = readSources(subjectDir);
    const load = args.has('no-load') ? 'never' : args.has('load-anyway') ? 'always' : 'after-behaviours';
    const notes = editorsLaunch().nodeOptions
      ? [`NODE_OPTIONS does not reach a checked app; it does with npm run dev lesson-${lesson.number}.`]
      : [];
    const result = await withRun(async (run) => {
      const runIn = withPackages(subjectDir, run);
      if (runIn !== subjectDir)
        notes.push("No packages are found from there, so a copy is checked, with the workshop's packages.");
      const plan: CheckPlan = {
        folder: lesson.folder,
        subjectDir: runIn,
        all: args.has('all'),
        // What catches a wrong turn may be a further behaviour.
        further: args.has('further') || wrongTurn !== undefined,
        load,
        output: args.has('output'),
      };
      if (wrongTurn === undefined) printer?.begin(relative(repoDir, subjectDir) || subjectDir, notes);
      else {
        const { dir, why } = wrongTurnForShow(lesson, wrongTurn, join(run.dir, 'subjects'));
        plan.subjectDir = dir;
        printer?.begin(`the wrong turn ${wrongTurn}: ${why}`);
      }
      return runCheck(run, lesson, plan, printer ?? beside);
    });
    const changed = changedSource(sources, readSources(subjectDir));
    if (changed !== undefined) withdraw(result, changed);
    else if (isOwn(args)) await record(result, load !== 'never', nameOfSources(sources));
    const picture = afterLoad(lesson, result.load, whoseOf(args));
    if (printer) printer.end(result, isOwn(args) && !changed ? nextSteps(lesson, result, load) : [], picture);
    else console.log(JSON.stringify(result, null, 2));
    return verdictExitCodes[result.verdict];
  },
};

/** What a check shows beside the JSON that it prints: the app's own output, if that is asked for. */
const beside = { output: (from: string, line: string) => console.error(`${appMark(from)}${line}`) };

/** The verdict is said also when there is no room to write it down. */
async function record(result: CheckResult, loadWanted: boolean, code: string): Promise<void> {
  try {
    await updateProgress((before) => withResult(before, result, loadWanted, code));
  } catch (error) {
    const trouble = troubleIn(error);
    if (!trouble) throw error;
    result.notes.push(`this result could not be recorded: ${trouble.what}. To fix it: ${trouble.fix}`);
  }
}

/** What was judged is not what is on the disk now, so nothing is recorded, and nobody may take it for a pass. */
function withdraw(result: CheckResult, file: string): void {
  if (result.verdict === 'pass') result.verdict = 'inconclusive';
  result.notes.push(
    `${file} was changed while the check ran, so this result is not about the code on your disk. Nothing was recorded: check again`,
  );
}

const isOwn = (args: Arguments) => whoseOf(args) === 'lesson';

function nextSteps(lesson: Lesson, result: CheckResult, load: CheckPlan['load']): string[] {
  const name = `lesson-${lesson.number}`;
  // The watch mode of `npm start` says what its keys do.
  if (result.verdict === 'pass' && load === 'never')
    return lesson.exam
      ? [`That was a short load. With the whole one: ${isWatched ? 'press l' : `npm run check ${name}`}`]
      : [`What is left is the load run: ${isWatched ? 'press l' : `npm run check ${name}`}`];
  if (result.verdict === 'pass')
    return [
      ...furtherSteps(result, name),
      `Compare with ours: solutions/${lesson.folder}/README.md says why it works and what it costs.`,
      `Line by line: ${isWatched ? 'd' : `npm run diff ${name}`}   The next lesson: ${isWatched ? 'n' : 'npm start'}`,
    ];
  if (result.verdict === 'inconclusive') return ['Look at "to fix it" above, or run: npm run doctor'];
  return [
    `Edit ${editedFolder(lesson)}, then: ${isWatched ? 'save' : `npm run check ${name}`}`,
    `Stuck? ${isWatched ? 'Press h' : `npm run hint ${name}`}. Every lesson fails at first: that is the exercise.`,
  ];
}

/** What a learner who has passed may go on to. */
function furtherSteps({ further }: CheckResult, name: string): string[] {
  const count = further.behaviours.length;
  const again = isWatched ? 'press f' : `npm run check ${name} -- --further`;
  if (count === 0 || further.verdict === 'pass') return [];
  if (further.verdict === 'fail') return [`Stuck? ${isWatched ? 'Press h' : `npm run hint ${name}`}. Again: ${again}`];
  if (further.verdict === 'inconclusive') return [`Once more: ${again}`];
  return [`Further: ${count} more ${count === 1 ? 'behaviour' : 'behaviours'} that production asks for: ${again}`];
}
