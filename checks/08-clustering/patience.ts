import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, pulseOf, type Stage } from '../harness/sdk/index.ts';

/** A start takes 0.2 to 0.4 s on a quiet machine. When it took that long, everything takes long. */
const slowStartMs = 1_000;
/** So many times its limit is what a slow machine may make of a wait. */
const mostStretch = 5;
/** How often the process table is read. `ps` takes longer than /proc. */
export const lookEveryMs = process.platform === 'linux' ? 20 : 150;

/** Tells, from now on, whether this machine is too slow or too busy for its seconds to mean anything. */
export function watchForSlowness(app: Instance): () => boolean {
  const watch = new MachineWatch();
  return () => app.startedInMs > slowStartMs || disturbs(watch.otherCoresBusy());
}

interface Wait {
  /** "the start of a new worker" */
  what: string;
  limitMs: number;
  done: () => boolean;
  /** performance.now() when the time began. */
  startedAt?: number;
}

/**
 * Looks again and again until it is done, or until the limit is over. On a slow machine it goes on for longer, as long as
 * the app wants a core and gets none: what is done by then is neither right nor wrong. The time for which it rests counts
 * on any machine.
 * @returns how long it took, or undefined when it did not come.
 */
export async function waitFor(
  t: Stage,
  app: Instance,
  { what, limitMs, done, startedAt = performance.now() }: Wait,
): Promise<number | undefined> {
  const isSlow = watchForSlowness(app);
  const sinceMs = () => performance.now() - startedAt;
  const mayCome = () => sinceMs() < limitMs || (isSlow() && restedMs < limitMs && sinceMs() < limitMs * mostStretch);
  let restedMs = 0;
  let isDone = done();
  for (let lookedAt = performance.now(); !isDone && mayCome(); ) {
    await delay(lookEveryMs);
    const sinceLookMs = performance.now() - lookedAt;
    lookedAt += sinceLookMs;
    if (app.tree().every(({ pid }) => pulseOf(pid)?.wantsCore === false)) restedMs += Math.min(sinceLookMs, 100);
    isDone = done();
  }
  const ms = sinceMs();
  if (!isDone) return undefined;
  // The last look may have been late by itself.
  if (ms > limitMs && isSlow()) t.inconclusive(`${what} took ${(ms / 1_000).toFixed(1)} s, and this machine is busy`);
  return ms;
}
