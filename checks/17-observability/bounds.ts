import type { Stage } from '../harness/sdk/index.ts';
import type { Scrape } from './scrape.ts';

const [fromSeconds, toSeconds] = [0.01, 5];

export function mustTellApart(t: Stage, now: Scrape, metric: string): void {
  const bounds = [...now.buckets(metric).keys()];
  const finite = bounds.filter(Number.isFinite);
  t.require(bounds.length > finite.length && finite.length > 0, {
    step: `${metric}_bucket`,
    expected: 'buckets, the last of them le="+Inf"',
    seen: bounds.length === 0 ? 'no bucket' : bounds.join(', '),
  });
  const first = finite.findLast((bound) => bound <= fromSeconds);
  const last = finite.find((bound) => bound >= toSeconds);
  t.require(first !== undefined && last !== undefined, {
    step: `the bounds of ${metric}`,
    expected: `one of ${fromSeconds} or less, and one of ${toSeconds} or more`,
    seen: finite.join(', '),
  });
  const used = finite.filter((bound) => bound >= (first ?? 0) && bound <= (last ?? 0));
  const gap = used.findIndex((bound, n) => n > 0 && bound > 2.001 * (used[n - 1] ?? 0));
  t.require(gap === -1, {
    step: `the bounds of ${metric}`,
    expected: `each from ${fromSeconds} to ${toSeconds} at most twice the one before`,
    seen: `${used[gap]} after ${used[gap - 1]}`,
  });
  // What is wrong in one label set is not to be hidden by the sum of all.
  for (const [key, count] of now.by(`${metric}_bucket`, ['le']))
    if (key === '+Inf')
      t.require(count === now.total(`${metric}_count`), {
        step: `${metric}_bucket{le="+Inf"}`,
        expected: `${now.total(`${metric}_count`)}, as many as are counted`,
        seen: `${count}`,
      });
}
