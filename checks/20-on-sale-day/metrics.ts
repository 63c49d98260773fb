import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch } from '../harness/sdk/index.ts';
import { ask } from './ask.ts';
import { conclude, type Part, withOthersOf } from './parts.ts';
import { scrape } from './scrape.ts';
import { childrenOf, killWorker } from './workers.ts';

const requests = 30;
/** Right after those have been counted: whoever counts once in a while has just done it. */
const further = 10;
/** By the contract a second; on a busy machine some more. */
const patienceMs = 2_000;
const busyPatienceMs = 4_000;

export function metricsPart(part: Part): void {
  part(
    'metrics',
    'Metrics',
    {
      points: 6,
      lessons: [17],
      limitMs: 60_000,
      because: 'Each process counts for itself, and a scrape gets to one of them.',
      lookAt: 'which process answers a scrape, and how does it come by the counts of the others?',
    },
    async (t, minute) => {
      const { happened, otherCoresBusy } = minute;
      const withinMs = disturbs(otherCoresBusy) ? busyPatienceMs : patienceMs;
      const watch = new MachineWatch();
      const app = t.app(2);
      const fell = falls(happened.counted);
      const before = await counts(app);
      // Probes and refusals are requests, too. The balancer's looks at /ready come on top.
      const grow: Record<string, number> = {
        'GET /events/:id 200': requests,
        'GET /events/:id 404': requests,
        'GET /health 200': requests,
        'GET /me 401': requests,
        'GET /ready 200': requests,
      };
      for (let n = 0; n < requests; n++) {
        await ask(app.url, { path: `/events/${1 + (n % 3)}` });
        await ask(app.url, { path: `/events/${1_000 + n}` });
        for (const path of ['/health', '/me', '/ready']) await ask(app.url, { path });
        // Of no route, by any of their parts. What the app calls their common one is up to it.
        await ask(app.url, { path: n % 2 ? `/${randomUUID()}/seats` : `/shop/${randomUUID()}` });
      }
      const wrong = (await untilTrue(app, before, grow, withinMs)) ?? (await lateIn(app, await counts(app), withinMs));
      const after = await counts(app);
      const unknown = [...after].filter(
        ([key, count]) => / 404$/.test(key) && !(key in grow) && count > (before.get(key) ?? 0),
      ).length;
      const isOne = childrenOf(app).length === 0;
      let lower = '';
      if (!isOne) {
        await killWorker(app);
        await delay(1_500);
        const now = await counts(app);
        lower = [...after].find(([key, value]) => (now.get(key) ?? 0) < value - 2)?.[0] ?? '';
      }
      t.step(
        `${6 * requests + further} requests to instance 2, counted by METRICS_PORT${isOne ? '' : ', and a killed worker'}`,
      );
      conclude(t, withOthersOf(minute, watch), [
        {
          worth: 0.5,
          timed: true,
          share: wrong ? 0 : 1,
          seen: wrong ?? '',
          good: `${6 * requests + further} requests over all workers were counted`,
        },
        {
          worth: 0.3,
          share: before.size > 0 && !lower && fell === 0 ? 1 : 0,
          seen:
            before.size === 0
              ? 'there is no http_requests_total'
              : lower
                ? `after a worker’s death ${lower} was lower than before`
                : `the total fell ${fell} times in the minute`,
          good: 'no count falls',
          because: 'To Prometheus a count that falls is a restart, and rate() takes all that comes after it for new.',
          lookAt: 'where are the counts of a worker when it has ended?',
        },
        {
          worth: 0.2,
          share: unknown <= 1 && before.size > 0 ? 1 : 0,
          seen: before.size === 0 ? 'nothing is counted' : `${requests} paths that do not exist made ${unknown} series`,
          good: 'unknown paths share a series',
          because: 'Whoever asks for many paths makes as many series, and Prometheus keeps them all.',
          lookAt: 'what is in the label route when no route was found?',
        },
      ]);
    },
  );
}

/** Undefined once they are right. */
async function untilTrue(
  app: Instance,
  before: ReadonlyMap<string, number>,
  grow: Record<string, number>,
  withinMs: number,
): Promise<string | undefined> {
  for (const until = performance.now() + withinMs; ; await delay(100)) {
    const now = await counts(app);
    const off = Object.entries(grow).find(([key, by]) => {
      const grown = (now.get(key) ?? 0) - (before.get(key) ?? 0);
      return key.includes('/ready') ? grown < by : grown !== by;
    });
    if (!off) return undefined;
    const [key, by] = off;
    if (performance.now() > until)
      return `${withinMs / 1_000} s after ${by} more requests, ${key} had grown by ${(now.get(key) ?? 0) - (before.get(key) ?? 0)}`;
  }
}

/** A few more. Undefined once they are counted, too. */
async function lateIn(
  app: Instance,
  before: ReadonlyMap<string, number>,
  withinMs: number,
): Promise<string | undefined> {
  for (let n = 0; n < further; n++) await ask(app.url, { path: '/events/1' });
  return untilTrue(app, before, { 'GET /events/:id 200': further }, withinMs);
}

async function counts(app: Instance): Promise<Map<string, number>> {
  return scrape(app).catch(() => new Map<string, number>());
}

/** How often the total of an instance was lower than before, although it was the same process. */
function falls(counted: readonly { instance: Instance; total: number }[]): number {
  const last = new Map<Instance, number>();
  let fell = 0;
  for (const { instance, total } of counted) {
    if (total < (last.get(instance) ?? 0)) fell++;
    last.set(instance, total);
  }
  return fell;
}
