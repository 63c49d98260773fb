import { afterAll, beforeAll, inject, test } from 'vitest';
import { judgeLoad, type LoadShape } from '../load/judge.ts';
import { writeLoadWindow } from '../measure/profile/load-window.ts';
import { tell } from '../model/check-events.ts';
import type { Lesson } from '../model/lesson.ts';
import type { BehaviourResult, CheckPlan, LoadResult } from '../model/result.ts';
import { BehaviourFailure, type Teaching } from '../model/verdict.ts';
import { attachRun } from '../os/run.ts';
import { type Behaviour, type BehaviourOptions, Stage } from './behaviour.ts';
import { Environment } from './environment.ts';
import { judge, outcomeOf } from './judge-behaviour.ts';

declare module 'vitest' {
  interface ProvidedContext {
    plan: CheckPlan;
  }
  interface TaskMeta {
    behaviour?: BehaviourResult;
    further?: BehaviourResult;
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
  const behaviours: Behaviour[] = [];
  let shape: ((t: Stage) => LoadShape | Promise<LoadShape>) | undefined;
  declare({
    behaviour: (id, title, teaching, act, options = {}) => void behaviours.push({ id, title, teaching, act, options }),
    load: (given = () => ({})) => {
      shape = given;
    },
  });

  let environment: Environment | undefined;
  let startError: unknown;
  const startedAt = performance.now();
  let startMs = 0;
  let failed = false;
  let loadFrom = 0;
  let loadTo = 0;
  const begun = new Map<string, Promise<BehaviourResult>>();
  const core = behaviours.filter(({ options }) => !options.further);
  const further = behaviours.filter(({ options }) => options.further);
  const begin = (some: Behaviour[], on: Environment) => {
    for (const b of some) if (b.options.background) begun.set(b.id, judge(b, on));
  };

  beforeAll(async () => {
    try {
      environment = await Environment.start({
        lesson,
        subjectDir: plan.subjectDir,
        run: attachRun(),
        profileDir: plan.profileDir,
        onProgress: (text) => tell({ type: 'doing', text }),
        onOutput: plan.output ? (from, text) => tell({ type: 'output', from, text }) : undefined,
      });
      if (plan.load !== 'only') begin(core, environment);
    } catch (error) {
      startError = error;
    } finally {
      startMs = Math.round(performance.now() - startedAt);
    }
  }, 150_000);

  afterAll(async () => {
    await environment?.[Symbol.asyncDispose]();
  }, 30_000);

  /** A Vitest test that never throws: its result travels in the task's meta. */
  const report = (id: string, title: string, run: () => Promise<BehaviourResult>, evenAfterFailure = false) =>
    test(title, { timeout: 0 }, async ({ task }) => {
      const stopHere = startError ? id !== 'starts' : failed && !plan.all && !evenAfterFailure;
      tell({ type: 'doing', text: title });
      const result = stopHere ? { id, title, outcome: 'not-run' as const, elapsedMs: 0 } : await run();
      if (result.outcome === 'fail' || result.outcome === 'inconclusive') failed = true;
      task.meta.behaviour = result;
      if (id === 'starts' && environment) task.meta.services = environment.serviceLabels();
      if (id === 'stops') task.meta.notes = notes(environment);
    });

  const startsTitle = 'the app starts and listens on PORT';
  report('starts', startsTitle, async () => ({
    ...(await outcomeOf({ id: 'starts', title: startsTitle }, startedAt, startError, undefined)),
    elapsedMs: startMs,
  }));

  if (plan.load !== 'only') {
    for (const b of core) report(b.id, b.title, async () => begun.get(b.id) ?? judge(b, environment as Environment));
  }

  const wantsLoad = plan.load === 'always' || plan.load === 'only' || plan.load === 'after-behaviours';
  const loadShape = shape;
  if (loadShape && wantsLoad) {
    test('load', { timeout: 0 }, async ({ task }) => {
      if (startError || !environment || (failed && plan.load === 'after-behaviours')) return;
      await environment.repair();
      const shape = await loadShape(new Stage(environment, noTeaching));
      loadFrom = performance.now();
      task.meta.load = await judgeLoad(lesson, environment, shape, { mayRepeat: !plan.profileDir });
      loadTo = performance.now();
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
  report('stops', stopsTitle, stops, plan.load === 'only');

  if (plan.load !== 'only') declareFurther();

  /** After the app has stopped it is started again: a pass is whole before anything goes further. */
  function declareFurther(): void {
    let ready: Promise<void> | undefined;
    let fell = false;
    for (const b of further)
      test(b.title, { timeout: 0 }, async ({ task }) => {
        const { id, title } = b;
        const wanted = plan.further && !startError && ((!failed && !fell) || plan.all);
        if (!wanted) {
          task.meta.further = { id, title, outcome: 'not-run', elapsedMs: 0 };
          return;
        }
        const on = environment as Environment;
        tell({ type: 'doing', text: title });
        ready ??= on.repair().then(() => begin(further, on));
        await ready;
        task.meta.further = await (begun.get(id) ?? judge(b, on));
        if (task.meta.further.outcome === 'fail') fell = true;
      });
  }
}

const noTeaching: Teaching = { because: '', lookAt: '' };

function notes(environment: Environment | undefined): string[] {
  return (environment?.instances ?? [])
    .filter((instance) => instance.output.totalBytes > noisyBytes)
    .map(
      (instance) =>
        `${instance.name} printed ${Math.round(instance.output.totalBytes / 1e6)} MB during the check; logs cost CPU time, too`,
    );
}
