import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Instances } from '../app/instances.ts';
import type { Failure } from '../model/verdict.ts';
import type { Balancer } from '../net/balancer.ts';

/** How one instance is deployed: what its successor is told, and how long it may take to obey. */
export interface RollOptions {
  env?: Record<string, string>;
  deadlineMs?: number;
}

/** What came of it. */
export interface Roll {
  /** The instance that was told to end, and has. */
  old: Instance;
  /** What was wrong with the way it ended. */
  failure?: Failure | undefined;
  /** Its successor gets requests. */
  isReady: boolean;
  /** performance.now() of SIGTERM. */
  toldAt: number;
  /** From there to the balancer's first look that was no yes, and to the end of the process. */
  noticedMs: number;
  endedMs: number;
}

/** How long a successor may take from listening until the balancer sends it requests, on a busy machine. */
const readyWithinMs = 10_000;

/** So long everything else waits for that: a behaviour says better what is wrong with an app that is never ready. */
const patienceMs = 2_000;

/**
 * One instance (1-based) is deployed while the others serve: SIGTERM, the time to obey, a new one, and the balancer's yes to
 * it. SIGTERM comes right after the balancer has looked, so that its next look is as far away as it can be.
 */
export async function roll(
  { balancer, instances }: { balancer: Balancer; instances: Instances },
  number: number,
  { env, deadlineMs }: RollOptions = {},
): Promise<Roll> {
  await balancer.nextLook(number);
  const toldAt = performance.now();
  const noticed = untilNoticed(balancer, number);
  const { endedAt, ...ended } = await instances.roll(number, env, deadlineMs);
  const fresh = instances.all[number - 1];
  const noticedMs = (await noticed) - toldAt;
  if (fresh) balancer.replaceTarget(number, fresh);
  const isReady = await untilReady(balancer, [number], readyWithinMs);
  return { ...ended, toldAt, noticedMs, endedMs: endedAt - toldAt, isReady };
}

/** Resolves when the balancer sends no more requests to an instance that has been told to end. */
async function untilNoticed(balancer: Balancer, number: number): Promise<number> {
  while (balancer.isReady(number)) await balancer.nextLook(number);
  return performance.now();
}

/** Waits until the balancer sends requests to all instances, but not for long. */
export async function untilAllReady(balancer: Balancer, instances: readonly Instance[]): Promise<void> {
  const numbers = instances.map((_, index) => index + 1);
  await untilReady(balancer, numbers, patienceMs);
}

/** Waits until the balancer sends requests to these instances (1-based), but not for ever. */
async function untilReady(balancer: Balancer, numbers: readonly number[], withinMs: number): Promise<boolean> {
  for (const until = performance.now() + withinMs; performance.now() < until; await delay(20))
    if (numbers.every((each) => balancer.isReady(each))) return true;
  return false;
}
