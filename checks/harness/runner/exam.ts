import { afterAll, beforeAll, inject, test } from 'vitest';
import { LoadRecorder } from '../load/recorder.ts';
import { MachineWatch } from '../measure/machine.ts';
import { tell, tellPhase } from '../model/check-events.ts';
import type { Lesson } from '../model/lesson.ts';
import type { BehaviourResult, LoadResult, SecondOfLoad } from '../model/result.ts';
import { pointsFor } from '../model/score.ts';
import { BehaviourFailure, Inconclusive, legible, type Teaching } from '../model/verdict.ts';
import { runIn } from '../os/run.ts';
import { troubleIn } from '../os/trouble.ts';
import type { Behaviour } from './behaviour.ts';
import { Environment } from './environment.ts';
import { judge, outcomeOf } from './judge-behaviour.ts';
import { Stage } from './stage.ts';

/** What the load of an exam leaves to be shown, beside what its parts are judged by. */
export interface MinuteShown {
  requests: number;
  seconds: number;
  note?: string;
  /** Since the first request. */
  events: { atMs: number; what: string }[];
  everySecond: SecondOfLoad[];
}

/** How much of the load is wanted. */
export interface MinuteOptions {
  /** All that parts and rules need, in less time. */
  isShort: boolean;
  /** The one part or rule that will be judged, as of a wrong turn: what only others need may be left out. */
  forOne?: string | undefined;
}

/** What a part is worth, and which lessons teach it. */
export interface PartOptions extends Teaching {
  points: number;
  lessons: readonly number[];
  limitMs?: number;
}

type Act<Minute> = (t: Stage, minute: Minute) => Promise<void>;

export interface ExamDefinition<Minute> {
  /** The load, with all that happens to the app meanwhile. Parts and rules are judged by what it returns. */
  minute(run: (t: Stage, options: MinuteOptions) => Promise<Minute>): void;
  /** Gets its points, or with `t.score` some of them. */
  part(id: string, title: string, options: PartOptions, act: Act<Minute>): void;
  /** What no score forgives. */
  rule(id: string, title: string, teaching: Teaching & { limitMs?: number }, act: Act<Minute>): void;
}

interface Declared<Minute> {
  id: string;
  title: string;
  teaching: Teaching;
  act: Act<Minute>;
  limitMs?: number;
  /** A rule has none. */
  worth?: { of: number; lessons: readonly number[] };
}

/**
 * Declares the check of an exam as Vitest tests: the app starts, the load runs, and by what was seen of it every part and every
 * rule is judged, whatever came of the others.
 */
export function defineExam<Minute extends MinuteShown>(
  lesson: Lesson,
  declare: (exam: ExamDefinition<Minute>) => void,
): void {
  const plan = inject('plan');
  const declared: Declared<Minute>[] = [];
  let run: ((t: Stage, options: MinuteOptions) => Promise<Minute>) | undefined;
  declare({
    minute: (given) => {
      run = given;
    },
    part: (id, title, { points: of, lessons, limitMs, ...teaching }, act) =>
      void declared.push({ id, title, teaching, act, ...limit(limitMs), worth: { of, lessons } }),
    rule: (id, title, { limitMs, ...teaching }, act) =>
      void declared.push({ id, title, teaching, act, ...limit(limitMs) }),
  });
  const one = declared.find(({ id }) => id === (plan.only ?? plan.until));
  const startsTitle = 'the app starts and listens on PORT';
  const startedAt = performance.now();
  let environment: Environment | undefined;
  let startError: unknown;
  let startMs = 0;
  let minute: Minute | undefined;

  beforeAll(async () => {
    try {
      environment = await Environment.start({
        lesson,
        subjectDir: plan.subjectDir,
        run: runIn(inject('runDir')),
        profileDir: plan.profileDir,
        onProgress: (text) => tell({ type: 'doing', text }),
        onOutput: plan.output ? (from, text) => tell({ type: 'output', from, text }) : undefined,
      });
    } catch (error) {
      startError = error;
    } finally {
      startMs = Math.round(performance.now() - startedAt);
    }
  }, 150_000);

  afterAll(async () => {
    tellPhase('end');
    await environment?.[Symbol.asyncDispose]();
  }, 60_000);

  test(startsTitle, { timeout: 0 }, async ({ task }) => {
    const result = await outcomeOf({ id: 'starts', title: startsTitle }, startedAt, startError, undefined);
    task.meta.behaviour = { ...result, elapsedMs: startMs };
    if (environment) task.meta.services = environment.serviceLabels();
  });

  test('load', { timeout: 0 }, async ({ task }) => {
    if (!environment || !run) return;
    tellPhase('load');
    const on = environment;
    const drive = run;
    const options = { isShort: plan.load === 'never', forOne: one?.id };
    const ran = await watched(on, () => drive(new Stage(on, noTeaching), options));
    minute = ran.minute;
    task.meta.load = ran.load;
    tellPhase('behaviours');
  });

  if (plan.load === 'only') return;
  for (const each of declared)
    test(each.title, { timeout: 0 }, async ({ task }) => {
      const isWanted = one === undefined || one === each;
      if (!environment || !minute || !isWanted) {
        task.meta.behaviour = named(each, { outcome: 'not-run', elapsedMs: 0 });
        return;
      }
      tell({ type: 'doing', text: each.title });
      task.meta.behaviour = await judged(each, environment, minute);
    });
}

const limit = (limitMs: number | undefined) => (limitMs === undefined ? {} : { limitMs });

/** Runs the load and keeps what pictures need of it. */
async function watched<Minute extends MinuteShown>(
  environment: Environment,
  drive: () => Promise<Minute>,
): Promise<{ minute?: Minute; load: LoadResult }> {
  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const none = { requests: 0, seconds: 0, targets: [] };
  const watch = new MachineWatch();
  let recorder: LoadRecorder | undefined;
  try {
    await environment.pastStart();
    recorder = new LoadRecorder(environment);
    const minute = await drive();
    const record = recorder.stop();
    await environment.assertServicesAlive();
    const { requests, seconds, note, events, everySecond } = minute;
    const load: LoadResult = {
      ...none,
      outcome: 'pass',
      requests,
      seconds,
      ...(note ? { note } : {}),
      ...(record ? { record: { ...record, events, seconds: everySecond } } : {}),
      ...watch.use(),
      elapsedMs: elapsedMs(),
    };
    return { minute, load };
  } catch (thrown) {
    recorder?.stop();
    const error = await environment.assertServicesAlive().then(
      () => thrown,
      (dead) => dead,
    );
    return { load: { ...none, elapsedMs: elapsedMs(), ...why(error) } };
  }
}

function why(error: unknown): Pick<LoadResult, 'outcome' | 'failure' | 'reason' | 'fix'> {
  if (error instanceof BehaviourFailure) return { outcome: 'fail', failure: legible(error.failure) };
  if (error instanceof Inconclusive) return { outcome: 'inconclusive', reason: error.message, fix: error.fix };
  const trouble = troubleIn(error);
  if (trouble) return { outcome: 'inconclusive', reason: trouble.what, fix: trouble.fix };
  const reason = `the load itself went wrong: ${error instanceof Error ? error.stack : String(error)}`;
  return { outcome: 'inconclusive', reason, fix: 'npm run doctor, then check again' };
}

/** One part or rule, on an app whose ended processes are started again before. */
async function judged<Minute>(
  each: Declared<Minute>,
  environment: Environment,
  minute: Minute,
): Promise<BehaviourResult> {
  const startedAt = performance.now();
  const { id, title, teaching, act, limitMs } = each;
  tellPhase('repairs');
  const broken = await environment.repair().catch((error: unknown) => ({ error }));
  tellPhase('behaviours');
  if (broken) {
    const error = 'error' in broken ? broken.error : new BehaviourFailure(broken);
    return named(each, await outcomeOf({ id, title }, startedAt, error, undefined));
  }
  const behaviour: Behaviour = { id, title, teaching, act: (t) => act(t, minute), options: limit(limitMs) };
  const stage = new Stage(environment, teaching);
  return named(each, await judge(behaviour, environment, stage), stage);
}

function named<Minute>(
  { id, title, worth }: Declared<Minute>,
  result: Omit<BehaviourResult, 'id' | 'title'>,
  { earned }: Pick<Stage, 'earned'> = { earned: undefined },
): BehaviourResult {
  if (!worth) return { ...result, id, title, rule: true };
  const { of, lessons } = worth;
  const share = result.outcome === 'pass' ? 1 : result.outcome === 'fail' ? (earned?.share ?? 0) : 0;
  const seen = earned?.seen ?? result.failure?.seen;
  return { ...result, id, title, part: { points: pointsFor(share, of), of, lessons, ...(seen ? { seen } : {}) } };
}

const noTeaching: Teaching = { because: '', lookAt: '' };
