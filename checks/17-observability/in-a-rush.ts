import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask } from './ask.ts';
import { baseline, difference, http, httpLabels, staleMs } from './counting.ts';
import { scrape } from './scrape.ts';

/** The shop on a busy evening: no worker has a pause of a quarter of a second. */
const everyMs = 50;
const rushMs = 4_000;
/** The contract's second, and some for the way. */
const oldMs = 2 * staleMs;
/** On a machine that other programs keep busy a report may be later, and so may a request: there the rush goes on. */
const busyRushMs = 12_000;
const veryOldMs = 6_000;
const key = 'GET /health 200';

/** What ended a second ago is in a scrape, also while requests come without a pause. */
export async function mustReportInARush(t: Stage, app: Instance): Promise<void> {
  const before = await baseline(t, app);
  const watch = new MachineWatch();
  const startedAt = performance.now();
  const ended: number[] = [];
  const endedBefore = (at: number) => ended.filter((one) => one < at).length;
  for (;;) {
    await ask(t, app, 'GET', '/health', { status: 200 });
    ended.push(performance.now());
    await delay(everyMs);
    const rushedMs = performance.now() - startedAt;
    if (rushedMs < rushMs) continue;
    const at = performance.now();
    const now = await scrape(t, app);
    const seen = difference(before.by(`${http}_count`, httpLabels), now.by(`${http}_count`, httpLabels)).get(key) ?? 0;
    if (seen >= endedBefore(at - oldMs)) return;
    const isBusy = disturbs(watch.otherCoresBusy());
    if (isBusy && rushedMs < busyRushMs) continue;
    if (isBusy && seen >= endedBefore(at - veryOldMs))
      t.inconclusive('other programs kept the machine busy, and a scrape was older than it may be');
    t.require(false, {
      step: `GET /health every ${everyMs} ms for ${(rushedMs / 1_000).toFixed(0)} s; meanwhile GET /metrics`,
      expected: `at least the ${endedBefore(at - oldMs)} that ended ${oldMs / 1_000} s ago`,
      seen: `${seen}`,
      because: 'A scrape may be a second old. This one is as old as the rush, which is when somebody looks.',
      lookAt: 'when does a worker report what it has counted, and what puts that off?',
    });
  }
}
