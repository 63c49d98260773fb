import { afterAll, beforeAll, inject, test } from 'vitest';
import { changedSource, readSources } from '../app/sources.ts';
import { WaitingArtillery } from '../load/artillery.ts';
import { judgeLoad, type LoadShape } from '../load/judge.ts';
import { writeLoadWindow } from '../measure/profile/load-window.ts';
import { tell, tellPhase } from '../model/check-events.ts';
import type { Lesson } from '../model/lesson.ts';
import type { BehaviourResult, CheckPlan, LoadResult } from '../model/result.ts';
import { BehaviourFailure, type FailureKind, type Teaching } from '../model/verdict.ts';
import { runIn } from '../os/run.ts';
import type { Behaviour, BehaviourOptions } from './behaviour.ts';
import { Behaviours } from './behaviours.ts';
import { Environment } from './environment.ts';
import { outcomeOf } from './judge-behaviour.ts';
import { Stage } from './stage.ts';

declare module 'vitest' {
  interface ProvidedContext {
    plan: CheckPlan;
    /** Folder of the run that everything belongs to. */
    runDir: string;
  }
  interface TaskMeta {
    behaviour?: BehaviourResult;
    further?: BehaviourResult;
    /** Set when the app could not be started again after it: beside its own result, which stands. */
    restart?: BehaviourResult;
    load?: LoadResult;
    services?: Record<string, string>;
    notes?: string[];
  }
}

/** More than this and a learner can no longer find the line that matters. */
const noisyBytes = 20_000_000;

export interface CheckDefinition {
  behaviour(id: string, title: string, teaching: Teaching, act: Behaviour['act'], options?: BehaviourOptions): void;
  /** The load run: load.yml as it is, or with phases and variables that fit this machine. */
  load(shape?: (t: Stage) => LoadShape | Promise<LoadShape>): void;
}

/** Declares the check of a lesson as Vitest tests: the app starts, its core, the load run, the app stops, its further ones. */
export function defineCheck(lesson: Lesson, declare: (check: CheckDefinition) => void): void {
  const plan = inject('plan');
  const declared: Behaviour[] = [];
  let shape: ((t: Stage) => LoadShape | Promise<LoadShape>) | undefined;
  declare({
    behaviour: (id, title, teaching, act, options = {}) => void declared.push({ id, title, teaching, act, options }),
    load: (given = () => ({})) => {
      shape = given;
    },
  });

  let environment: Environment | undefined;
  let waiting: WaitingArtillery | undefined;
  let startError: unknown;
  const startedAt = performance.now();
  let startMs = 0;
  let failed = false;
  /** The app can't be started any more: what comes next is not run, whoever asks for it. */
  let unfit = false;
  let loadFrom = 0;
  let loadTo = 0;
  const run = runIn(inject('runDir'));
  const environmentOptions = {
    lesson,
    subjectDir: plan.subjectDir,
    run,
    profileDir: plan.profileDir,
    onProgress: (text: string) => tell({ type: 'doing', text }),
    onOutput: plan.output ? (from: string, text: string) => tell({ type: 'output', from, text }) : undefined,
  };
  const startAnother = async () => {
    tell({ type: 'doing', text: 'the machine is busy, so what failed is judged once more, with a fresh app' });
    return Environment.start(environmentOptions).finally(() => tellPhase('behaviours'));
  };
  const sources = readSources(plan.subjectDir);
  const isSameApp = () => changedSource(sources, readSources(plan.subjectDir)) === undefined;
  const behaviours = new Behaviours(declared, plan, { startAnother, isSameApp });

  beforeAll(async () => {
    // Beside the start of an app nothing is measured, but at its end where computing is.
    if (plan.load === 'only' && !lesson.cpuBound) waiting = new WaitingArtillery(run);
    try {
      environment = await Environment.start(environmentOptions);
      if (plan.load !== 'only') behaviours.begin(behaviours.core, environment);
    } catch (error) {
      startError = error;
    } finally {
      startMs = Math.round(performance.now() - startedAt);
      tellPhase('behaviours');
    }
  }, 150_000);

  afterAll(async () => {
    tellPhase('end');
    await waiting?.close();
    await environment?.[Symbol.asyncDispose]();
  }, 30_000);

  /**
   * Artillery is loaded while the last behaviours wait. A lesson about CPU time first measures what one of its computations
   * costs here, and what it waits for may be such a computation: there nothing goes on beside.
   */
  const loadIsNext = () => shape && plan.load === 'after-behaviours' && !failed && !startError && !lesson.cpuBound;

  /** A result of its own when the app can't be started again after a behaviour that has ended it. */
  const repair = async (after?: BehaviourResult): Promise<BehaviourResult | undefined> => {
    const startedAt = performance.now();
    const restart = { id: 'restarts', title: 'the app can be started again' };
    tellPhase('repairs');
    const failure = await (environment as Environment).repair().catch((error: unknown) => ({ error }));
    tellPhase('behaviours');
    if (!failure) return undefined;
    unfit = true;
    failed = true;
    // A behaviour that starts the app again by itself has said so already.
    if (startFailures.has(after?.failure?.kind)) return undefined;
    const thrown = 'error' in failure ? failure.error : new BehaviourFailure(failure);
    return outcomeOf(restart, startedAt, thrown, undefined);
  };

  /** A Vitest test that never throws: its result travels in the task's meta. */
  const report = (id: string, title: string, run: () => Promise<BehaviourResult>, when: ReportOptions = {}) =>
    test(title, { timeout: 0 }, async ({ task }) => {
      const { evenAfterFailure, mayEndApp, isLastInForeground, isWanted = true } = when;
      const stopHere =
        !isWanted || (startError ? id !== 'starts' : unfit || (failed && !plan.all && !evenAfterFailure));
      tell({ type: 'doing', text: title });
      const result = stopHere ? { id, title, outcome: 'not-run' as const, elapsedMs: 0 } : await run();
      if (result.outcome === 'fail' || result.outcome === 'inconclusive') failed = true;
      task.meta.behaviour = result;
      if (isLastInForeground && loadIsNext()) waiting = new WaitingArtillery((environment as Environment).run);
      if (mayEndApp && !stopHere) task.meta.restart = await repair(result);
      if (id === 'starts' && environment) task.meta.services = environment.serviceLabels();
      if (id === 'stops') task.meta.notes = notes(environment);
    });

  const startsTitle = 'the app starts and listens on PORT';
  report('starts', startsTitle, async () => ({
    ...(await outcomeOf({ id: 'starts', title: startsTitle }, startedAt, startError, undefined)),
    elapsedMs: startMs,
  }));

  if (plan.load !== 'only') {
    for (const b of behaviours.core)
      report(b.id, b.title, () => behaviours.outcomeOf(b, environment as Environment), {
        isWanted: behaviours.isWanted(b),
        mayEndApp: !b.options.background,
        isLastInForeground: b === behaviours.lastInForeground,
      });
  }

  const wantsLoad = plan.load === 'always' || plan.load === 'only' || plan.load === 'after-behaviours';
  const loadShape = shape;
  if (loadShape && wantsLoad) {
    test('load', { timeout: 0 }, async ({ task }) => {
      if (startError || !environment || (failed && plan.load === 'after-behaviours')) return;
      task.meta.restart = await repair();
      if (task.meta.restart) return;
      tellPhase('load');
      await environment.pastStart();
      const stage = new Stage(environment, noTeaching);
      task.meta.load = await judgeLoad(lesson, environment, async () => loadShape(stage), {
        mayRepeat: !plan.profileDir,
        waiting,
        began: () => {
          loadFrom = performance.now();
        },
      });
      loadTo = performance.now();
      tellPhase('behaviours');
      if (!['pass', 'skipped'].includes(task.meta.load.outcome)) failed = true;
    });
  }

  const stopsTitle = 'the app stops when told to';
  const stops = async () => {
    const startedAt = performance.now();
    if (plan.profileDir) {
      writeLoadWindow(plan.profileDir, { loadFrom, loadTo, exitAt: performance.now() });
      await environment?.exitInstances();
      return outcomeOf({ id: 'stops', title: stopsTitle }, startedAt, undefined, environment);
    }
    const failure = await environment?.stopInstances();
    return outcomeOf(
      { id: 'stops', title: stopsTitle },
      startedAt,
      failure && new BehaviourFailure(failure),
      environment,
    );
  };
  // After a load run on its own, it is judged whatever the load came to.
  report('stops', stopsTitle, stops, { evenAfterFailure: plan.load === 'only' });

  if (plan.load !== 'only') declareFurther();

  /** After the app has stopped it is started again: a pass is whole before anything goes further. */
  function declareFurther(): void {
    let ready = false;
    let fell = false;
    for (const b of behaviours.further)
      test(b.title, { timeout: 0 }, async ({ task }) => {
        const { id, title } = b;
        const mayRun = !startError && !unfit && ((!failed && !fell) || plan.all);
        if (!plan.further || !behaviours.isWanted(b) || !mayRun) {
          task.meta.further = { id, title, outcome: 'not-run', elapsedMs: 0 };
          return;
        }
        const on = environment as Environment;
        tell({ type: 'doing', text: title });
        if (!ready) {
          ready = true;
          task.meta.restart = await repair();
          if (unfit) {
            task.meta.further = { id, title, outcome: 'not-run', elapsedMs: 0 };
            return;
          }
          behaviours.begin(behaviours.further, on);
        }
        task.meta.further = await behaviours.outcomeOf(b, on);
        if (task.meta.further.outcome === 'fail') fell = true;
        if (!b.options.background) task.meta.restart = await repair(task.meta.further);
      });
  }
}

interface ReportOptions {
  /** False when the plan ends before it. */
  isWanted?: boolean;
  evenAfterFailure?: boolean;
  /** What it has ended is started again for whatever comes next. */
  mayEndApp?: boolean;
  /** What comes before the load now only waits. */
  isLastInForeground?: boolean;
}

const startFailures = new Set<FailureKind | undefined>(['exited-early', 'never-listened', 'wrong-port']);

const noTeaching: Teaching = { because: '', lookAt: '' };

function notes(environment: Environment | undefined): string[] {
  return (environment?.processes ?? [])
    .filter((instance) => instance.output.totalBytes > noisyBytes)
    .map(
      (instance) =>
        `${instance.name} printed ${Math.round(instance.output.totalBytes / 1e6)} MB during the check; logs cost CPU time, too`,
    );
}
