import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask } from './ask.ts';
import { baseline, http, within } from './counting.ts';
import { gauge, holdRequests } from './in-flight.ts';
import { startOwn } from './own-app.ts';
import { childrenOf, skipWithoutSignals, whileStopped } from './processes.ts';
import { scrape } from './scrape.ts';

/** By the contract. */
const scrapeWithinMs = 1_000;
const looks = 4;
const requestsHeld = 6;
/** So long that an app which takes silence for an end has done so. */
const longMs = 4_500;
const longLooks = 10;

/** Workers stand still, one at a time for a moment, and all together for long. */
export async function answersWhileStuck(t: Stage): Promise<void> {
  skipWithoutSignals(t);
  const { app, supplier } = await startOwn(t, { env: { SUPPLIER_TIMEOUT_MS: '120000' } });
  for (let n = 0; n < 10; n++) await ask(t, app, 'GET', '/health', { status: 200 });
  const held = await holdRequests(t, app, requestsHeld, supplier);
  try {
    const before = await baseline(t, app);
    const holdsAll = async () => ((await scrape(t, app)).total(gauge) === requestsHeld ? requestsHeld : undefined);
    const known: Known = {
      counted: before.total(`${http}_count`) ?? 0,
      inFlight: await within(t, gauge, holdsAll),
    };
    const workers = childrenOf(app);
    for (const pid of workers)
      await whileStopped([pid], async () => {
        t.step('one worker is stopped');
        for (let look = 0; look < looks; look++) await mustSay(t, app, known, [pid]);
      });
    await whileStopped(workers, async () => {
      t.step(`all workers are stopped for ${longMs / 1_000} s`);
      for (let look = 0; look < longLooks; look++) {
        await delay(longMs / longLooks);
        await mustSay(t, app, known, workers);
      }
    });
  } finally {
    for (const request of held) request.hangUp();
  }
}

interface Known {
  counted: number;
  /** Undefined where the app has another figure even at rest, which another behaviour judges. */
  inFlight: number | undefined;
}

async function mustSay(t: Stage, app: Instance, known: Known, stopped: readonly number[]): Promise<void> {
  const watch = new MachineWatch();
  const now = await scrape(t, app);
  // No machine is so busy that a scrape which needs nobody takes three times as long.
  if (now.ms > scrapeWithinMs && now.ms < 3 * scrapeWithinMs && disturbs(watch.otherCoresBusy()))
    t.inconclusive('other programs kept the machine busy while a scrape was timed');
  t.atMost('a scrape while a worker is stuck', now.ms, scrapeWithinMs, 'ms');
  const seen = now.total(`${http}_count`) ?? 0;
  t.require(seen >= known.counted, {
    step: 'GET /metrics on METRICS_PORT',
    expected: `${known.counted} requests, as before`,
    seen: `${seen}`,
    because: 'What the stuck worker has counted is missing while it is stuck. Counts must not fall.',
    lookAt: 'what is in a scrape for a worker that does not answer?',
  });
  // An app may end a worker that is stuck. Then its requests have ended, too.
  const alive = childrenOf(app);
  if (!stopped.every((pid) => alive.includes(pid))) return;
  const inFlight = now.total(gauge);
  t.require(known.inFlight === undefined || inFlight === known.inFlight, {
    step: 'GET /metrics on METRICS_PORT',
    expected: `${gauge} ${known.inFlight}, as before`,
    seen: `${gauge} ${inFlight ?? 'is missing'}`,
    because:
      'A stuck worker still has its requests, and their clients still wait. Without them the app looks idle when it is worst.',
    lookAt: 'what becomes of the figures of a worker that has said nothing for some time?',
  });
}
