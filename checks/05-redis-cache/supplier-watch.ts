import type { Stage } from '../harness/behaviour.ts';
import type { LoadFinding } from '../harness/load/judge.ts';
import { inCalls } from './steps.ts';

/** GET /stats and two events. */
const keysInTheLoad = 3;

/** Counts what the load asks of the supplier, while entries expire every 2 s. */
export async function supplierWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  await t.redis.clear();
  await t.supplier.reset();
  const startedAt = performance.now();
  return async () => {
    const calls = await t.supplier.total();
    // The seconds in which Artillery starts and stops count, too: no reader comes in them, so they are all slack.
    const limit = Math.floor((keysInTheLoad * (performance.now() - startedAt)) / 1_000);
    const note = `${inCalls(calls)}, limit ${limit}: one a second for each of ${keysInTheLoad} keys`;
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
