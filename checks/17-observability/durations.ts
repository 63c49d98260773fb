import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, SupplierHandle, Teaching } from '../harness/sdk/index.ts';
import { ask, order, sendSlowly, touch } from './ask.ts';
import { baseline, difference, http, httpLabels, mustCount, supplier as supplierMetric } from './counting.ts';
import { startOwn } from './own-app.ts';
import { Pipelined } from './pipelined.ts';
import type { Scrape } from './scrape.ts';

const slowMs = 300;
const pauseMs = 2_500;
/**
 * The app may get to the headers late on a busy machine. A clock that waits for the body shows the second that the supplier takes
 * after it, and one that has only the part below a second always shows less than that.
 */
const leastOfPauseMs = 2_100;
const lateMs = 3_000;
/** On a busy machine the requests behind it are sent late, and the app gets to them late. */
const leastOfLateMs = 1_500;
const leastSeconds = 0.3;
const nobody = { authorization: 'Bearer nobody' };
/** Timers may fire a little early, and clocks are read a little late. */
const earlySeconds = 0.02;
const [fromSeconds, toSeconds] = [0.01, 5];

export function durationBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'seconds',
    'durations are seconds, from the headers of a request to its end',
    {
      because: 'What is measured is not how long the client waited.',
      lookAt: 'when does the clock begin, when does it end, and in which unit is what it says?',
    },
    async (t) => {
      const { app, supplier } = await startOwn(t, { latencyMs: slowMs });
      const before = await baseline(t, app);
      const [orderSeconds, { seconds }] = await Promise.all([
        sendSlowly(app, '/orders', order, delay(pauseMs)),
        ask(t, app, 'GET', '/events/4', { status: 200 }),
      ]);
      await mustHaveTaken(t, app, before, [
        {
          did: `GET /events/4, which waits ${slowMs} ms for the supplier`,
          labels: { method: 'GET', route: '/events/:id', status_code: '200' },
          atLeast: slowMs / 1_000,
          seconds,
        },
        {
          did: `POST /orders, whose body takes ${pauseMs} ms to come`,
          labels: { method: 'POST', route: '/orders', status_code: '201' },
          atLeast: leastOfPauseMs / 1_000,
          seconds: orderSeconds,
        },
      ]);
      await mustEndWhenSent(t, app, supplier);
    },
    { background: true, limitMs: 30_000 },
  );

  behaviour(
    'buckets',
    'from 10 ms to 5 s the bounds tell a p95 within a factor of two',
    {
      because:
        'A quantile is read from the bucket that it lies in. All that can be said of it is that it lies between two bounds.',
      lookAt: 'which bounds does the histogram have, and how far is each from the next?',
    },
    async (t) => {
      const now = await baseline(t, t.app());
      for (const metric of [http, supplierMetric]) mustTellApart(t, now, metric);
    },
  );
}

/** Answers that are written soon, and wait on their connection for one that is late. */
async function mustEndWhenSent(t: Stage, app: Instance, supplier: SupplierHandle): Promise<void> {
  t.trail.begin();
  const before = await baseline(t, app);
  const connection = new Pipelined(app);
  await supplier.reset();
  await supplier.setLatency(lateMs);
  const firstAt = performance.now();
  await connection.send({ method: 'GET', path: '/events/7' });
  await t.until('the supplier to be asked', async () => (await supplier.total()) > 0);
  await supplier.setLatency(0);
  const sentAt = performance.now();
  await connection.send(
    { method: 'GET', path: '/nowhere' },
    { method: 'GET', path: '/health' },
    { method: 'POST', path: '/orders', body: { seats: 100 } },
    { method: 'POST', path: '/orders', body: order, headers: { ...nobody, connection: 'close' } },
  );
  await connection.closed;
  touch(app);
  const endAt = performance.now();
  const atLeast = (firstAt + leastOfLateMs - sentAt) / 1_000;
  if (atLeast < leastSeconds) t.inconclusive('the machine was too busy to send a request behind a slow one in time');
  const behind = ([method, route, status_code]: readonly [string, string, string]) => ({
    did: `on the same connection, a request that is answered at once: ${method} ${route} ${status_code}`,
    labels: { method, route, status_code },
    atLeast,
    seconds: (endAt - sentAt) / 1_000,
    early: behindAnother,
  });
  await mustHaveTaken(t, app, before, [
    {
      did: `GET /events/7, which waits ${lateMs} ms for the supplier`,
      labels: { method: 'GET', route: '/events/:id', status_code: '200' },
      atLeast: lateMs / 1_000,
      seconds: (endAt - firstAt) / 1_000,
    },
    ...(
      [
        ['GET', 'none', '404'],
        ['GET', '/health', '200'],
        ['POST', '/orders', '400'],
        ['POST', '/orders', '502'],
      ] as const
    ).map(behind),
  ]);
}

const behindAnother = {
  because:
    'The app had written this answer, and had not sent it: on one connection, an answer waits until those before it are over. The clock ended when the answer was written.',
  lookAt: 'which event ends the clock, and is it the same for each status?',
};

interface Done {
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
async function mustHaveTaken(t: Stage, app: Instance, before: Scrape, requests: readonly Done[]): Promise<void> {
  const keyOf = ({ labels }: Done) => httpLabels.map((label) => labels[label as keyof typeof labels]).join(' ');
  for (const { did } of requests) t.step(did);
  const grows = Object.fromEntries(requests.map((request) => [keyOf(request), 1]));
  const now = await mustCount(t, app, { metric: http, labels: httpLabels, before, grows });
  const sums = difference(before.by(`${http}_sum`, httpLabels), now.by(`${http}_sum`, httpLabels));
  for (const request of requests) {
    const { labels, atLeast, seconds, early } = request;
    const sum = sums.get(keyOf(request)) ?? 0;
    const [least, most] = [atLeast - earlySeconds, seconds + earlySeconds];
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

function mustTellApart(t: Stage, now: Scrape, metric: string): void {
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
