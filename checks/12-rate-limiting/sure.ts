import { type Answer, BehaviourFailure, disturbs, MachineWatch, type Stage } from '../harness/sdk/index.ts';

const mostAttempts = 4;

/** By the contract an app waits so long for Redis, at least, before it does without: a read passes uncounted, a login is 503. */
const doesWithoutAfterMs = 100;

const lateAnswers = new WeakMap<Stage, number>();
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
  return late;
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
  for (let n = 1; ; n++) {
    t.trail.begin();
    const watch = new MachineWatch();
    const lateBefore = lateSoFar(t);
    let failure: BehaviourFailure | undefined;
    try {
      if ((await attempt(n)) !== false) return;
    } catch (error) {
      if (!(error instanceof BehaviourFailure) || sureFailures.has(error) || lateSoFar(t) === lateBefore) throw error;
      failure = error;
    }
    if (n < mostAttempts) continue;
    if (failure && !disturbs(watch.otherCoresBusy())) throw failure;
    t.inconclusive('the machine was too busy to ask the app at the right moments');
  }
}
