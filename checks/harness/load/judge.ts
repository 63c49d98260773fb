import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { disturbance, MachineWatch } from '../measure/machine.ts';
import { tell } from '../model/check-events.ts';
import type { Lesson } from '../model/lesson.ts';
import type { Figure, LoadRecord, LoadResult, TargetResult } from '../model/result.ts';
import { BehaviourFailure, type Failure, Inconclusive, legible } from '../model/verdict.ts';
import { errorLineOf } from '../os/output-tail.ts';
import { repoDir } from '../os/run.ts';
import { troubleIn } from '../os/trouble.ts';
import { type ArtilleryReport, type Phase, runArtillery, type WaitingArtillery } from './artillery.ts';
import type { LoadScene } from './load-scene.ts';
import { LoadRecorder } from './recorder.ts';
import { readAnswers, readTargets } from './report.ts';

/** How the load run is made to fit this machine. What is left out is taken from load.yml. */
export interface LoadShape {
  phases?: Phase[];
  variables?: Record<string, string | number>;
  /** What was measured for it, to be printed: "one search costs 140 ms of CPU here: 5 searches a second". */
  note?: string;
  /** Why this machine can't show what the load is about. Then none is run, and the lesson can pass without. */
  skip?: string;
  /** Statuses besides 2xx that some of the requests in load.yml are to get. `watch` can judge which ones get them. */
  alsoRight?: readonly number[];
  /** Called before each run. What it returns is called after it with the number of requests, and judges what Artillery can't see. */
  watch?: () => Promise<(requests: number) => Promise<LoadFinding>>;
}

/** What a load did besides answering: "18 calls to the supplier for 660 requests". */
export interface LoadFinding {
  note: string;
  /** From which verify takes the margin. */
  figure?: Figure;
  failure?: Failure;
}

interface LoadOptions {
  mayRepeat?: boolean;
  /** Called once the shape is known, before the first run. */
  began?: () => void;
  /** Loaded before, for the first run. */
  waiting?: WaitingArtillery | undefined;
}

/** Runs a lesson's load against the environment and judges it. Only a disturbed run is repeated, and only once. */
export async function judgeLoad(
  lesson: Lesson,
  environment: LoadScene,
  given: LoadShape | (() => Promise<LoadShape>),
  { mayRepeat = true, began, waiting }: LoadOptions = {},
): Promise<LoadResult> {
  const startedAt = performance.now();
  let shape: LoadShape = {};
  const finish = (result: Omit<LoadResult, 'elapsedMs'>): LoadResult => ({
    ...result,
    ...(result.failure ? { failure: legible(result.failure) } : {}),
    ...noteOf(shape.note, result.note),
    elapsedMs: Math.round(performance.now() - startedAt),
  });
  try {
    shape = typeof given === 'function' ? await given() : given;
    if (shape.skip) return finish({ outcome: 'skipped', reason: shape.skip, requests: 0, seconds: 0, targets: [] });
    began?.();
    let attempt = await runOnce(lesson, environment, shape, waiting);
    if (mayRepeat && attempt.excusable && disturbance(attempt.result)) {
      tell({ type: 'doing', text: 'the machine was busy; the load runs once more, for twice as long' });
      const phases = shape.phases ?? (await phasesOf(lesson));
      attempt = await runOnce(lesson, environment, {
        ...shape,
        phases: phases.map((phase) => ({ ...phase, duration: phase.duration * 2 })),
      });
      const disturbed = attempt.excusable && disturbance(attempt.result);
      if (disturbed) {
        const { failure: _notTheApps, ...measured } = attempt.result;
        return finish({
          ...measured,
          outcome: 'inconclusive',
          reason: `targets were missed twice, while ${disturbed.what}`,
          fix: disturbed.fix,
        });
      }
    }
    return finish(attempt.result);
  } catch (thrown) {
    const none = { requests: 0, seconds: 0, targets: [] };
    // Whatever else it was: of a dead service nothing follows about the app.
    const error = await environment.assertServicesAlive().then(
      () => thrown,
      (dead) => dead,
    );
    if (error instanceof BehaviourFailure) return finish({ ...none, outcome: 'fail', failure: error.failure });
    if (error instanceof Inconclusive)
      return finish({ ...none, outcome: 'inconclusive', reason: error.message, fix: error.fix });
    const trouble = troubleIn(error);
    if (trouble) return finish({ ...none, outcome: 'inconclusive', reason: trouble.what, fix: trouble.fix });
    const reason = `the load run itself went wrong: ${error instanceof Error ? error.message : String(error)}`;
    return finish({ ...none, outcome: 'inconclusive', reason, fix: 'npm run doctor, then check again' });
  }
}

function noteOf(...notes: (string | undefined)[]): { note?: string } {
  const said = notes.filter((note) => note !== undefined);
  return said.length > 0 ? { note: said.join('; ') } : {};
}

async function phasesOf(lesson: Lesson): Promise<Phase[]> {
  return (parse(await readFile(scriptOf(lesson), 'utf8')) as { config: { phases: Phase[] } }).config.phases;
}

function scriptOf(lesson: Lesson): string {
  return join(repoDir, 'checks', lesson.folder, 'load.yml');
}

interface Attempt {
  result: Omit<LoadResult, 'elapsedMs'>;
  /** A busy machine could explain the failure. */
  excusable: boolean;
}

async function runOnce(
  lesson: Lesson,
  environment: LoadScene,
  shape: LoadShape,
  waiting?: WaitingArtillery,
): Promise<Attempt> {
  const watch = new MachineWatch();
  const startedAt = performance.now();
  const endOfWatch = await shape.watch?.();
  const recorder = new LoadRecorder(environment);
  let report: ArtilleryReport;
  let record: LoadRecord | undefined;
  environment.balancer.stripSecure = true;
  try {
    report = await runArtillery({
      run: environment.run,
      script: scriptOf(lesson),
      target: environment.door.url,
      phases: shape.phases,
      variables: shape.variables,
      waiting,
    });
  } finally {
    environment.balancer.stripSecure = false;
    record = recorder.stop();
  }
  const use = watch.use();
  await environment.assertServicesAlive();
  const answers = readAnswers(report, shape.alsoRight);
  const targets = readTargets(report, lesson.targets);
  const finding = await endOfWatch?.(answers.requests);
  const measured = {
    ...noteOf(finding?.note),
    requests: answers.requests,
    seconds: answers.seconds,
    targets,
    ...(record ? { record } : {}),
    ...(finding?.figure ? { figures: [finding.figure] } : {}),
    ...use,
  };
  const crash = environment.crash([{ what: 'the load run' }]);
  if (crash) return { result: { ...measured, outcome: 'fail', failure: crash.failure }, excusable: false };
  if (answers.failure) {
    const lines = environment.ownFaultSince?.(startedAt);
    const failure = lines ? { ...answers.failure, ...threwUnderLoad(lines) } : answers.failure;
    return { result: { ...measured, outcome: 'fail', failure }, excusable: answers.excusable && !lines };
  }
  // Before the targets: a count is no matter of a busy machine.
  if (finding?.failure) return { result: { ...measured, outcome: 'fail', failure: finding.failure }, excusable: false };
  if (targets.length < lesson.targets.length)
    throw new Inconclusive('Artillery has no figures for some targets', 'npm run doctor, then check again');
  const missed = targets.find((target) => !target.met);
  if (missed)
    return {
      result: { ...measured, outcome: 'fail', failure: missedTarget(missed, answers.requests) },
      excusable: true,
    };
  return { result: { ...measured, outcome: 'pass' }, excusable: false };
}

function threwUnderLoad(lines: string[]): Pick<Failure, 'because' | 'lookAt' | 'appOutput'> {
  return {
    because: `Under load the app threw: ${errorLineOf(lines)}`,
    lookAt: 'the error below: which line of yours throws it, and why only when many ask at a time?',
    appOutput: lines,
  };
}

function missedTarget(target: TargetResult, requests: number): Failure {
  return {
    kind: 'target',
    trail: [{ what: `the load run, ${requests} requests` }],
    expected: `${target.title} at most ${target.atMostMs} ms`,
    seen: `${target.measuredMs} ms`,
    because: 'The answers are right, but under load they come too late.',
    lookAt: 'which request waits for which, and what is it that they wait for?',
  };
}
