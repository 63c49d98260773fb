import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, disturbs, type Instance, MachineWatch, type Stage, type Teaching } from '../harness/sdk/index.ts';

/** A start takes half a second on a quiet machine. When it took that long, everything takes long. */
const slowStartMs = 1_500;
/** So many times its limit is what a slow machine may make of a wait. */
const mostStretch = 5;
/** In this time after its start a server may answer 503. */
const unreadyMs = 1_000;
/** For so long a 503 is asked again on a slow machine. */
const askAgainForMs = 5_000;
/** Over less than this nobody can tell how busy a machine is. */
const shortestWatchMs = 300;

/** Tells, from now on, whether this machine is too slow or too busy for its seconds to mean anything. */
export function watchForSlowness(t: Stage): () => boolean {
  const watch = new MachineWatch();
  return () => t.apps.some(({ startedInMs }) => startedInMs > slowStartMs) || disturbs(watch.otherCoresBusy());
}

export interface Waiting extends Partial<Teaching> {
  withinMs?: number;
  /** What to say in place of the other sentences, asked when the time is over. */
  late?: () => Partial<Teaching>;
  /** Whether what is seen is not the machine's doing, however slow that is. */
  isCertain?: () => boolean;
}

const line: (() => Promise<void>)[] = [];
let isStarting = false;

/**
 * Starts one more process of the app once the one before it is there. The behaviours in the background all begin at once,
 * and ten processes that start together are slow enough to look like a slow machine.
 * @param isUrgent for a behaviour that has the longest waits before it: to the front of the line.
 */
export function startInTurn(
  t: Stage,
  env: Record<string, string>,
  { worker = false, isUrgent = false } = {},
): Promise<Instance> {
  const { promise, resolve, reject } = Promise.withResolvers<Instance>();
  const start = () => t.startExtra({ env, worker }).then(resolve, reject);
  if (isUrgent) line.unshift(start);
  else line.push(start);
  if (!isStarting) void startAll();
  return promise;
}

async function startAll(): Promise<void> {
  isStarting = true;
  for (let start = line.shift(); start; start = line.shift()) await start();
  isStarting = false;
}

/** Like `t.until`, and patient on a machine that is slow. */
export async function eventually<T>(
  t: Stage,
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 5_000, late, isCertain = () => false, ...teaching }: Waiting = {},
): Promise<T> {
  const isSlow = watchForSlowness(t);
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    const waitedMs = performance.now() - startedAt;
    const mayGoOn = waitedMs < withinMs || (waitedMs < mostStretch * withinMs && !isCertain() && isSlow());
    const seen = `not within ${(waitedMs / 1_000).toFixed(1)} s`;
    t.require(mayGoOn, { expected: what, seen, ...teaching, ...(mayGoOn ? {} : late?.()) });
    await delay(20);
  }
}

/**
 * A 503 is asked again in the second after a start, and where the machine is slow: an app that gives up on Redis after a
 * second is right, and there a second is soon over. Elsewhere it is the answer.
 */
export async function asked(t: Stage, send: () => Promise<Answer>): Promise<Answer> {
  const isSlow = watchForSlowness(t);
  const beganAt = performance.now();
  for (;;) {
    const before = t.trail.length;
    const answer = await send();
    if (answer.status !== 503) return answer;
    if (!t.apps.some(({ listensSince }) => answer.sentAt - listensSince < unreadyMs)) {
      await delay(Math.max(0, beganAt + shortestWatchMs - performance.now()));
      // Whether one that took long is inconclusive is up to its mustBe. One that comes at once is no matter of time.
      const mayGoOn = performance.now() - beganAt < askAgainForMs && isSlow();
      if (!mayGoOn) return answer;
    }
    t.trail.retell(before);
    await delay(100);
  }
}

/** A slow machine delays one answer or another. A wait that the app has set itself is as long each time. */
const mostTries = 3;
/** What a slow machine adds to a wait that is right. */
const slowShare = 1.25;

/** An answer that must come in that time, also where the machine is slow: there it is asked for again. */
export async function soon<T>(t: Stage, withinMs: number, send: (deadlineMs: number) => Promise<T>): Promise<T> {
  const isSlow = watchForSlowness(t);
  const before = t.trail.length;
  for (let tries = 1; ; tries++) {
    try {
      return await send(tries === 1 ? withinMs : slowShare * withinMs);
    } catch (error) {
      if (tries === mostTries || !isSlow()) throw error;
      t.trail.retell(before);
    }
  }
}
