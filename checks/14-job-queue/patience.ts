import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, disturbs, type Instance, MachineWatch, type Stage, type Teaching } from '../harness/sdk/index.ts';

/** A start takes half a second on a quiet machine. When it took that long, everything takes long. */
const slowStartMs = 1_500;
/** So many times its limit is what a slow machine may make of a wait. */
const mostStretch = 5;
const mostTries = 6;

/** Tells, from now on, whether this machine is too slow or too busy for its seconds to mean anything. */
export function watchForSlowness(t: Stage): () => boolean {
  const watch = new MachineWatch();
  return () => t.apps.some(({ startedInMs }) => startedInMs > slowStartMs) || disturbs(watch.otherCoresBusy());
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Starts one more process of the app once the one before it is there. The behaviours in the background all begin at once,
 * and ten processes that start together are slow enough to look like a slow machine.
 */
export function startInTurn(t: Stage, env: Record<string, string>, { worker = false } = {}): Promise<Instance> {
  const started = last.then(() => t.startExtra({ env, worker }));
  last = started.catch(() => {});
  return started;
}

/** Like `t.until`, and patient on a machine that is slow. */
export async function eventually<T>(
  t: Stage,
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 5_000, ...teaching }: { withinMs?: number } & Partial<Teaching> = {},
): Promise<T> {
  const isSlow = watchForSlowness(t);
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    const waitedMs = performance.now() - startedAt;
    const mayGoOn = waitedMs < withinMs || (waitedMs < mostStretch * withinMs && isSlow());
    t.require(mayGoOn, { expected: what, seen: `not within ${(waitedMs / 1_000).toFixed(1)} s`, ...teaching });
    await delay(20);
  }
}

/**
 * An app that gives up on Redis after a second is right, and on a slow machine a second is soon over. There a 503 is asked
 * again; elsewhere it is the answer.
 */
export async function asked(t: Stage, send: () => Promise<Answer>): Promise<Answer> {
  const isSlow = watchForSlowness(t);
  for (let tries = 1; ; tries++) {
    const before = t.trail.length;
    const answer = await send();
    if (answer.status !== 503 || tries === mostTries || !isSlow()) return answer;
    t.trail.retell(before);
    await delay(100);
  }
}

/** An answer that must come soon. On a slow machine, one that did not is asked for again and waited for longer. */
export async function soon<T>(t: Stage, withinMs: number, send: (deadlineMs: number) => Promise<T>): Promise<T> {
  const isSlow = watchForSlowness(t);
  const before = t.trail.length;
  try {
    return await send(withinMs);
  } catch (error) {
    if (!isSlow()) throw error;
    t.trail.retell(before);
    return send(3 * withinMs);
  }
}
