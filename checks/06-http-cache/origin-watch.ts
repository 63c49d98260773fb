import type { Stage } from '../harness/behaviour.ts';
import type { LoadFinding } from '../harness/load/judge.ts';

/** Of a hundred requests, so many may reach the shop. */
const shareLimit = 0.1;

/** Counts what the CDN asks the shop during the load. It starts without a copy. */
export async function originWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  t.cdn.clear();
  t.cdn.resetCounts();
  return async () => {
    await t.cdn.settled();
    const { requests, toShop } = t.cdn.counts();
    const limit = Math.floor(requests * shareLimit);
    const note = `${toShop} of ${requests} requests reached the shop, limit ${limit}`;
    const figure = { title: 'requests that reached the shop', measured: toShop, limit, unit: 'requests' };
    if (toShop <= limit) return { note, figure };
    return {
      note,
      figure,
      failure: {
        kind: 'target',
        trail: [`the load run, ${requests} requests of 8 pages in 2 languages`],
        expected: `at most ${limit} to reach the shop (10 %)`,
        seen: `${toShop} (${Math.round((100 * toShop) / requests)} %)`,
        because: 'The CDN asks the shop far more often than things get old.',
        lookAt: 'which answers does the CDN keep, for how long, and for whom?',
      },
    };
  };
}
