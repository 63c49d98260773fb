import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask, askAll, type Question } from './ask.ts';
import { baseline, http, httpLabels, mustCount, mustNotFall, staleMs } from './counting.ts';
import { mustCountOnceInADrain, twice } from './in-a-drain.ts';
import { mustReportInARush } from './in-a-rush.ts';
import { startOwn } from './own-app.ts';
import { childrenOf, endWorker, oldestOf, skipWithoutSignals } from './processes.ts';
import { type Counts, scrape } from './scrape.ts';

const looks = 8;

export function workerBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'all-workers',
    'every scrape is the sum of all workers',
    {
      because: 'Each worker knows only what it has served itself, and a scrape gets to one of them.',
      lookAt: 'which process answers a scrape, and how does it come by the counts of the others?',
    },
    async (t) => {
      const app = t.app();
      const before = await baseline(t, app);
      for (let n = 0; n < 30; n++) await ask(t, app, 'GET', '/health', { status: 200 });
      t.step('30 requests, each over a connection of its own');
      const grows = { 'GET /health 200': 30 };
      for (let look = 0; look < looks; look++)
        await mustCount(t, app, { metric: http, labels: httpLabels, before, grows });
    },
  );

  behaviour(
    'killed',
    'no count falls when workers end, and what they have counted stays',
    {
      because:
        'What the worker had counted has gone with it. To Prometheus a count that falls is a restart, and rate() takes all that comes after it for new.',
      lookAt: 'where are the counts of a worker when it has ended?',
    },
    countsStay,
    { background: true, limitMs: 60_000 },
  );
}

/** Workers and those that have taken their places end one after the other, some killed and some told to. */
async function countsStay(t: Stage): Promise<void> {
  skipWithoutSignals(t);
  const { app, supplier } = await startOwn(t);
  const read: Question = ['GET', '/events/5', { status: 200 }];
  const health: Question = ['GET', '/health', { status: 200 }];
  await askAll(t, app, Array(12).fill(read));
  const before = await baseline(t, app);
  const count = childrenOf(app).length;
  t.require(count >= 2, {
    expected: 'two workers, as WEB_CONCURRENCY=2 says',
    seen: `${count} processes besides the one that was started`,
    because: 'The app no longer runs on two processes, so half of the machine does nothing.',
    lookAt: 'what does the primary start?',
  });
  await askAll(t, app, Array(12).fill(read));
  t.step('12 × GET /events/5; nobody scrapes for a second');
  await untilReported(); // An app that is only asked when somebody scrapes has not been asked about these.
  let last = before;
  // The oldest ends each time: first those that have counted this, then those that have taken their places.
  for (let n = 0; n < 2 * count; n++) {
    const pid = oldestOf(t, app);
    const signal = n % 3 === 1 ? 'SIGTERM' : 'SIGKILL';
    await endWorker(t, app, pid, signal);
    t.step(`${signal} to ${n < count ? `worker ${n + 1} of ${count}` : 'one that has replaced it'}, which is replaced`);
    for (let look = 0; look < 4; look++) last = mustNotFall(t, last, await scrape(t, app));
    const grows = { 'GET /health 200': 6 };
    await askAll(t, app, Array(6).fill(health));
    last = await mustCount(t, app, { metric: http, labels: httpLabels, before: last, grows, teaching: tooMany(grows) });
  }
  const grows = { 'GET /health 200': 12 * count, 'GET /events/:id 200': 12 };
  await mustCount(t, app, { metric: http, labels: httpLabels, before, grows, teaching: tooMany(grows) });
  await mustCountOnceInADrain(t, app, supplier);
  await mustReportInARush(t, app);
  mustNotFall(t, last, await scrape(t, app)); // Some of the dead are buried seconds later.
}

const tooMany = (grows: Readonly<Record<string, number>>) => (grown: Counts) =>
  [...grown].some(([key, by]) => by > (grows[key] ?? 0)) ? twice : {};

/** What ended before that stays, by the contract. A worker that gets no core on a busy machine has longer. */
async function untilReported(): Promise<void> {
  const watch = new MachineWatch();
  await delay(staleMs + 150);
  if (disturbs(watch.otherCoresBusy())) await delay(3 * staleMs);
}
