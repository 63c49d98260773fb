import { setTimeout as delay } from 'node:timers/promises';
import {
  type Answer,
  BehaviourFailure,
  disturbs,
  MachineWatch,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';

const mostAttempts = 4;
/** Before the second attempt; twice that before the third, and so on. */
const pauseMs = 100;
/** No machine is so busy that an app which tries to connect has no connection after that. */
const connectsWithinMs = 4_000;

/** By the contract an app waits so long for Redis, at least, before it does without: a read passes uncounted, a login is 503. */
const doesWithoutAfterMs = 100;

/** For requests in behaviours whose own sentences explain only wrong answers. */
export const noAnswer: Teaching = {
  because:
    'No whole answer came. A middleware that neither answers nor calls the next one does that. So does a wait for something that does not come, or a socket that is closed.',
  lookAt: 'what does this request wait for, and who answers it at last?',
};

const lateAnswers = new WeakMap<Stage, number>();
const refusedAtOnce = new WeakMap<Stage, number>();
const sureFailures = new WeakSet<BehaviourFailure>();

/** Whether it may have been given without Redis. */
export function isLate({ ms }: { ms: number }): boolean {
  return ms >= doesWithoutAfterMs;
}

/** A failure that holds whatever else came late. */
export function failSurely(fail: () => void): void {
  try {
    fail();
  } catch (error) {
    if (error instanceof BehaviourFailure) sureFailures.add(error);
    throw error;
  }
}

/**
 * Of an answer that may have been given without Redis: nothing follows from it, nor from what comes after it. An app that has
 * no connection yet says 503 at once.
 */
export function noteIfLate(t: Stage, { ms, status, request }: Answer): boolean {
  const late = status === 503 || (isLate({ ms }) && request.startsWith('GET') && status !== 429);
  if (late) lateAnswers.set(t, lateSoFar(t) + 1);
  if (status === 503 && !isLate({ ms })) refusedAtOnce.set(t, (refusedAtOnce.get(t) ?? 0) + 1);
  return late;
}

/** No answer came, and that may be the machine's fault. */
export function isExcused(error: unknown, watch: MachineWatch): boolean {
  return error instanceof BehaviourFailure && error.failure.kind === 'hangs' && disturbs(watch.otherCoresBusy());
}

function lateSoFar(t: Stage): number {
  return lateAnswers.get(t) ?? 0;
}

/**
 * On a busy machine a moment may pass before the check could use it, and a reply of Redis may come so late that an app is right
 * to do without. Then nothing was shown, and it is done again, by other clients. An app that is late on a quiet machine, too,
 * has no excuse.
 * @param attempt fails, or returns false if it was not in time.
 */
export async function untilSure(t: Stage, attempt: (n: number) => Promise<unknown>): Promise<void> {
  const whole = new MachineWatch();
  const startedAt = performance.now();
  const refusals = () => refusedAtOnce.get(t) ?? 0;
  let refused = 0;
  for (let n = 1; ; n++) {
    t.trail.begin();
    const watch = new MachineWatch();
    const [lateBefore, refusalsBefore] = [lateSoFar(t), refusals()];
    let failure: BehaviourFailure | undefined;
    try {
      if ((await attempt(n)) !== false) return;
    } catch (error) {
      if (!(error instanceof BehaviourFailure) || sureFailures.has(error)) throw error;
      if (lateSoFar(t) === lateBefore && !isExcused(error, watch)) throw error;
      failure = error;
    }
    if (refusals() > refusalsBefore) refused++;
    const hadTime = performance.now() - startedAt > connectsWithinMs;
    // It says no without waiting for Redis, again and again: no machine makes an app do so.
    const staysRefused = failure && refused >= mostAttempts;
    if (n < mostAttempts || (staysRefused && refused === n && !hadTime)) {
      // A few attempts that are refused at once take too short for an app to connect, and for the cores to be looked at.
      await delay(n * pauseMs);
      continue;
    }
    if (failure && ((staysRefused && hadTime) || !disturbs(whole.otherCoresBusy()))) throw failure;
    t.inconclusive('the machine was too busy to ask the app at the right moments');
  }
}
