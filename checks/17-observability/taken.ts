import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { difference, http, httpLabels, mustCount } from './counting.ts';
import type { Scrape } from './scrape.ts';

/** Timers may fire a little early, and clocks are read a little late. */
const earlySeconds = 0.02;
const lateShare = 0.6;

export interface Done {
  did: string;
  labels: { method: string; route: string; status_code: string };
  /** Seconds that it surely took. */
  atLeast: number;
  /** As the client saw it. */
  seconds: number;
  /** What to say where less was measured. */
  early?: Teaching;
}

/** One request of each kind, whose duration must be between what it surely took and what the client has waited. */
export async function mustHaveTaken(
  t: Stage,
  app: Instance,
  { before, isBusy, requests }: { before: Scrape; isBusy: () => boolean; requests: readonly Done[] },
): Promise<void> {
  const keyOf = ({ labels }: Done) => httpLabels.map((label) => labels[label as keyof typeof labels]).join(' ');
  for (const { did } of requests) t.step(did);
  const grows = Object.fromEntries(requests.map((request) => [keyOf(request), 1]));
  const now = await mustCount(t, app, { metric: http, labels: httpLabels, before, grows });
  const sums = difference(before.by(`${http}_sum`, httpLabels), now.by(`${http}_sum`, httpLabels));
  for (const request of requests) {
    const { labels, atLeast, seconds, early } = request;
    const sum = sums.get(keyOf(request)) ?? 0;
    const [least, most] = [atLeast - earlySeconds, seconds + earlySeconds];
    // An app that gets no core comes to the headers late, and measures less. Not much less.
    if (sum < least && sum > lateShare * least && isBusy())
      t.inconclusive('other programs kept the machine busy while the seconds of a request were measured');
    t.require(sum >= least && sum <= most, {
      step: `${http}_sum of ${keyOf(request)}`,
      expected: `${least.toFixed(2)} to ${most.toFixed(2)} more, as many seconds as it took`,
      seen: `${Number(sum.toPrecision(3))} more`,
      ...(sum > 100 * least
        ? { because: 'These are milliseconds. By Prometheus’ rules times are seconds, and so says the name.' }
        : sum < least
          ? (early ?? tooShort(sum, seconds))
          : {}),
    });
    const was = before.buckets(http, labels);
    const grown = [...now.buckets(http, labels)].map(([bound, count]) => [bound, count - (was.get(bound) ?? 0)]);
    const wrong = grown.find(([bound = 0, more]) => (bound < least ? more !== 0 : bound > most && more !== 1));
    t.require(!wrong, {
      step: `${http}_bucket{le="${wrong?.[0]}"} of ${keyOf(request)}`,
      expected: (wrong?.[0] ?? 0) < least ? 'none more' : 'one more',
      seen: `${wrong?.[1]} more`,
      because: 'A bucket holds all that took as long as its bound or less, in seconds.',
      lookAt: 'what is observed, and what do the bounds say?',
    });
  }
}

const shorter = 'The client has waited for longer than was measured';

function tooShort(measured: number, waited: number): Partial<Teaching> {
  if (waited > 1 && measured < 1)
    return {
      because: `${shorter}. The clock begins late or ends early, or it has lost whole seconds.`,
      lookAt:
        'when does the clock begin, when does it end, and what becomes of a request that takes more than a second?',
    };
  return { because: `${shorter}: the clock begins late or ends early.` };
}
