import { setTimeout as delay } from 'node:timers/promises';
import {
  type CheckDefinition,
  type Instance,
  type Stage,
  type SupplierHandle,
  watchOthers,
} from '../harness/sdk/index.ts';
import { ask, OpenRequest, order, sendSlowly, touch } from './ask.ts';
import { mustTellApart } from './bounds.ts';
import { baseline, http, supplier as supplierMetric } from './counting.ts';
import { startOwn } from './own-app.ts';
import { Pipelined } from './pipelined.ts';
import { mustHaveTaken } from './taken.ts';

const slowMs = 300;
const pauseMs = 2_500;
/**
 * The app may get to the headers late on a busy machine: 600 ms were seen, of an app that is right. A clock that waits for the body
 * shows the 300 ms that the supplier takes after it, and one that has only the part below a second always shows less than that.
 */
const leastOfPauseMs = 1_700;
const lateMs = 3_000;
/** On a busy machine the requests behind it are sent late, and the app gets to them late. */
const leastOfLateMs = 1_500;
const leastSeconds = 0.3;
/** An app on a busy machine may learn late that its client has gone. */
const noticesWithinS = 2;
const nobody = { authorization: 'Bearer nobody' };

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
      const isBusy = watchOthers();
      const [orderSeconds, { seconds }, goneSeconds] = await Promise.all([
        sendSlowly(app, '/orders', order, delay(pauseMs)),
        ask(t, app, 'GET', '/events/4', { status: 200 }),
        hangUpLate(app),
      ]);
      await mustHaveTaken(t, app, {
        before,
        isBusy,
        requests: [
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
          {
            did: `POST /orders, whose client hangs up after ${pauseMs} ms, in the middle of its body`,
            labels: { method: 'POST', route: '/orders', status_code: '499' },
            atLeast: leastOfPauseMs / 1_000,
            seconds: goneSeconds + noticesWithinS,
            early: gaveUp,
          },
        ],
      });
      await mustEndWhenSent(t, app, supplier, isBusy);
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

/** @returns how many seconds its client had the patience for. */
async function hangUpLate(app: Instance): Promise<number> {
  const startedAt = performance.now();
  const request = await OpenRequest.send(app, 'POST', '/orders', { text: JSON.stringify(order), sent: 8 });
  await delay(pauseMs);
  request.hangUp();
  return (performance.now() - startedAt) / 1_000;
}

const gaveUp = {
  because:
    'A client that hung up has waited, too, and its request ends when it has gone. What made people give up are the slowest requests of all. Without their seconds the p95 looks best when the shop is worst.',
  lookAt: 'which duration is observed for a request that has no whole answer?',
};

/** Answers that are written soon, and wait on their connection for one that is late. */
async function mustEndWhenSent(
  t: Stage,
  app: Instance,
  supplier: SupplierHandle,
  isBusy: () => boolean,
): Promise<void> {
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
  await mustHaveTaken(t, app, {
    before,
    isBusy,
    requests: [
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
    ],
  });
}

const behindAnother = {
  because:
    'The app had written this answer, and had not sent it: on one connection, an answer waits until those before it are over. The clock ended when the answer was written.',
  lookAt: 'which event ends the clock, and is it the same for each status?',
};
