import type { Stage } from '../harness/behaviour.ts';
import type { LoadFinding } from '../harness/load/judge.ts';
import { inCalls } from './steps.ts';

/** GET /stats and two events. */
const keysInTheLoad = 3;
const lookEveryMs = 100;

/** Counts what the load asks of the supplier, while entries expire every 2 s. */
export async function supplierWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  await t.redis.clear();
  await t.supplier.reset();
  // Artillery needs seconds to start and to end, and on a busy machine more of them: only those with calls count.
  const seen: { at: number; calls: number }[] = [];
  const timer = setInterval(async () => {
    const calls = await t.supplier.total().catch(() => 0); // That it died is said by whoever asks for the end.
    if (calls > (seen.at(-1)?.calls ?? 0)) seen.push({ at: performance.now(), calls });
  }, lookEveryMs);
  return async () => {
    clearInterval(timer);
    const calls = await t.supplier.total();
    const seconds = ((seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0)) / 1_000;
    // One at the beginning and one at the end, and twice as many between as a time to live of 2 s needs.
    const limit = Math.round(keysInTheLoad * (2 + seconds));
    const note = `${inCalls(calls)} in ${seconds.toFixed(1)} s, limit ${limit} for ${keysInTheLoad} keys`;
    if (calls <= limit) return { note };
    return {
      note,
      failure: {
        kind: 'target',
        trail: ['the load run, with CACHE_TTL_S=2'],
        expected: `at most ${limit} calls to the supplier`,
        seen: inCalls(calls),
        because:
          'Each time an entry expires, many ask for it at once. The supplier is hit hardest when the shop is busiest.',
        lookAt: 'who asks the supplier when an entry that everybody reads has just expired?',
      },
    };
  };
}
