import type { LoadFinding, Stage } from '../harness/sdk/index.ts';
import { inCalls, untilKept } from './steps.ts';

const read = ['/events/301', '/stats'];
const lookEveryMs = 50;
/** Longer than the supplier takes for anything, and much shorter than an entry lives. */
const windowMs = 500;
/** Two things are read, and each needs one call. */
const mostInWindow = 8;

/** Counts how many calls come together while the load runs and entries expire every 3 s. */
export async function supplierWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  await t.redis.clear(); // What the behaviours kept lives longer.
  // Both processes are connected and warm when the load begins.
  for (const on of [1, 2]) for (const path of read) await untilKept(t.visitor(), t.supplier, path, on);
  await t.supplier.reset();
  const looks: { at: number; calls: number }[] = [{ at: performance.now(), calls: 0 }];
  let looking = false;
  const look = async () => {
    const calls = await t.supplier.total().catch(() => undefined); // The end of the load run names a dead supplier.
    if (calls !== undefined) looks.push({ at: performance.now(), calls });
  };
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    await look();
    looking = false;
  }, lookEveryMs);
  return async () => {
    clearInterval(timer);
    const calls = await t.supplier.total();
    await look();
    const together = mostTogether(looks);
    const note = `${inCalls(calls)}, at most ${together} within half a second, limit ${mostInWindow}`;
    const figure = { title: 'calls within half a second', measured: together, limit: mostInWindow, unit: 'calls' };
    if (together <= mostInWindow) return { note, figure };
    return {
      note,
      figure,
      failure: {
        kind: 'target',
        trail: [{ what: 'the load run, with CACHE_TTL_S=3' }],
        expected: `at most ${mostInWindow} calls to the supplier within half a second`,
        seen: inCalls(together),
        because:
          'Each time an entry expires, many ask for it at once. The supplier is hit hardest when the shop is busiest.',
        lookAt: 'who asks the supplier when an entry that everybody reads has just expired?',
      },
    };
  };
}

/** The most calls between two looks that are so far apart. On a busy machine they may be further. */
function mostTogether(looks: { at: number; calls: number }[]): number {
  let most = 0;
  for (let to = 1, from = 0; to < looks.length; to++) {
    const end = looks[to] as (typeof looks)[number];
    while (end.at - (looks[from + 1]?.at ?? Number.POSITIVE_INFINITY) >= windowMs) from++;
    most = Math.max(most, end.calls - (looks[from]?.calls ?? 0));
  }
  return most;
}
