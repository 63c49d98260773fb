import { type CheckDefinition, disturbs, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask } from './ask.ts';
import { baseline, http, mustBeA, within } from './counting.ts';
import { showsLag } from './lag.ts';
import { scrape } from './scrape.ts';
import { childrenOf, endWorker, oldestOf, skipWithoutSignals, whileStopped } from './workers.ts';

/** By the contract. */
const scrapeWithinMs = 1_000;
const replaced = 'workers_replaced_total';

export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'stuck',
    'a scrape does not wait for a worker that is stuck',
    {
      because:
        'One worker is stuck, and nobody learns anything, of any of them. It is the moment for which there are metrics.',
      lookAt: 'for whom does a scrape wait?',
    },
    answersWhileStuck,
    { further: true },
  );

  behaviour(
    'lag',
    'the lag of each worker’s event loop can be seen, and is gone afterwards',
    {
      because: 'The event loop of a worker stood still, and no figure says so.',
      lookAt:
        'which process measures, for how long does it keep what it saw, and how are several workers put together?',
    },
    showsLag,
    { further: true, background: true, limitMs: 90_000 },
  );

  behaviour(
    'replaced',
    'workers that ended and were replaced are counted',
    {
      because: 'Workers die and are replaced, and the only trace of it is a line in a log.',
      lookAt: 'which process outlives the workers, and can count them?',
    },
    async (t) => {
      skipWithoutSignals(t);
      const app = t.app();
      const before = await baseline(t, app);
      const was = before.total(replaced) ?? 0;
      for (const [n, signal] of (['SIGKILL', 'SIGTERM', 'SIGKILL'] as const).entries()) {
        await endWorker(t, app, oldestOf(t, app), signal);
        let seen: number | undefined;
        const came = await within(t, replaced, async () => {
          seen = (await scrape(t, app)).total(replaced);
          return seen === was + n + 1 ? true : undefined;
        });
        t.require(came, {
          step: `${signal} to a worker, which is replaced`,
          expected: `${replaced} ${was + n + 1}`,
          seen: `${seen}`,
        });
      }
      await mustBeA(t, app, 'counter', replaced);
    },
    { further: true },
  );
}

async function answersWhileStuck(t: Stage): Promise<void> {
  skipWithoutSignals(t);
  const app = t.app();
  for (let n = 0; n < 10; n++) await ask(t, app, 'GET', '/health', { status: 200 });
  const before = await baseline(t, app);
  const counted = before.total(`${http}_count`) ?? 0;
  for (const pid of childrenOf(app)) {
    await whileStopped([pid], async () => {
      t.step('one worker is stopped');
      for (let look = 0; look < 4; look++) {
        const watch = new MachineWatch();
        const now = await scrape(t, app);
        // No machine is so busy that a scrape which needs nobody takes three times as long.
        if (now.ms > scrapeWithinMs && now.ms < 3 * scrapeWithinMs && disturbs(watch.otherCoresBusy()))
          t.inconclusive('other programs kept the machine busy while a scrape was timed');
        t.atMost('a scrape while a worker is stuck', now.ms, scrapeWithinMs, 'ms');
        const seen = now.total(`${http}_count`) ?? 0;
        t.require(seen >= counted, {
          step: 'GET /metrics on METRICS_PORT',
          expected: `${counted} requests, as before`,
          seen: `${seen}`,
          because: 'What the stuck worker has counted is missing while it is stuck. Counts must not fall.',
          lookAt: 'what is in a scrape for a worker that does not answer?',
        });
      }
    });
  }
}
