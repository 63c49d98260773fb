import { setTimeout as delay } from 'node:timers/promises';
import type { LoadFinding, Stage } from '../harness/sdk/index.ts';
import { touch } from './ask.ts';
import { baseline, http, mustNotFall, within } from './counting.ts';
import { scrape } from './scrape.ts';

/** Statuses that load.yml provokes. */
export const provoked = [400, 404];
const limitMs = 100;
const everyMs = 100;

const fell = {
  because: 'To Prometheus a count that falls is a restart, and rate() takes all that comes after it for new.',
  lookAt: 'which workers are in a scrape, and which counts of theirs?',
};

/** Scrapes ten times a second beside the load. At its end the counts must be those of the requests that Artillery sent. */
export async function scrapeWatch(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  const app = t.app();
  touch(app);
  const before = await baseline(t, app);
  const tookMs: number[] = [];
  let over = false;
  const scraping = (async () => {
    for (let last = before; !over; await delay(everyMs)) {
      last = mustNotFall(t, last, await scrape(t, app), fell);
      tookMs.push(last.ms);
    }
  })();
  scraping.catch(() => {}); // Awaited when the load is over.
  return async (requests) => {
    over = true;
    await scraping;
    touch(app);
    const total = async () =>
      ((await scrape(t, app)).total(`${http}_count`) ?? 0) - (before.total(`${http}_count`) ?? 0);
    const exact = await within(t, 'the counts', async () => ((await total()) === requests ? requests : undefined));
    const counted = exact ?? (await total());
    const median = Math.round((tookMs.toSorted((a, b) => a - b)[tookMs.length >> 1] ?? 0) * 10) / 10;
    const title = 'half of all scrapes';
    const note = `${tookMs.length} scrapes, half of them within ${median} ms; ${counted} of ${requests} requests counted`;
    const figure = { title, measured: median, limit: limitMs, unit: 'ms' };
    const trail = [{ what: `the load run, ${requests} requests, and ${tookMs.length} scrapes beside it` }];
    if (exact === undefined)
      return {
        note,
        figure,
        failure: {
          kind: 'target',
          trail,
          expected: `${requests} more in ${http}_count`,
          seen: `${counted} more`,
          because: 'Under load, requests and counts are not the same any more.',
          lookAt: 'what happens when two requests end, or two workers report, at the same time?',
        },
      };
    if (median > limitMs)
      return {
        note,
        figure,
        failure: {
          kind: 'target',
          trail,
          expected: `half of all scrapes within ${limitMs} ms`,
          seen: `${median} ms`,
          because: 'Whoever scrapes waits, and what makes the text keeps somebody else waiting.',
          lookAt: 'how many series are there, and what is done for each at every scrape?',
        },
      };
    return { note, figure };
  };
}
