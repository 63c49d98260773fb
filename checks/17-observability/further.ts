import type { CheckDefinition } from '../harness/sdk/index.ts';
import { baseline, mustBeA, within } from './counting.ts';
import { showsLag } from './lag.ts';
import { endWorker, oldestOf, skipWithoutSignals } from './processes.ts';
import { scrape } from './scrape.ts';
import { answersWhileStuck } from './stuck.ts';

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
    { further: true, background: true, limitMs: 30_000 },
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
