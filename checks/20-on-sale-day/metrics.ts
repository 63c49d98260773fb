import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch } from '../harness/sdk/index.ts';
import { ask, type Question } from './ask.ts';
import { conclude, type Part, withOthersOf } from './parts.ts';
import { scrape } from './scrape.ts';
import { childrenOf, killWorker } from './workers.ts';

const requests = 30;
/** Right after those have been counted: whoever counts once in a while has just done it. */
const further = 10;
/** By the contract a second; on a busy machine some more. */
const patienceMs = 2_000;
const busyPatienceMs = 4_000;

/** Refused before any route is looked for. */
const malformed: Question = { method: 'POST', path: '/login', raw: '{"email":' };

export function metricsPart(part: Part): void {
  part(
    'metrics',
    'Metrics',
    {
      points: 6,
      lessons: [17],
      limitMs: 60_000,
      because:
        'Each process counts for itself. A scrape gets the counts of one of them, or what the others said long ago.',
      lookAt: 'which process answers a scrape, and when does it hear the counts of the others?',
    },
    async (t, minute) => {
      const { happened, otherCoresBusy } = minute;
      const withinMs = disturbs(otherCoresBusy) ? busyPatienceMs : patienceMs;
      const watch = new MachineWatch();
      const app = t.app(2);
      const fell = falls(happened.counted);
      const refusal = await ask(app.url, malformed); // Whether it is 400 is another part's.
      await delay(withinMs * 0.75); // What came before is counted, too, and at most a second late.
      const before = await counts(app);
      // Probes and refusals are requests, too. The balancer's looks at /ready come on top.
      const grow: Record<string, number> = {
        'GET /events/:id 200': requests,
        'GET /events/:id 404': requests,
        'GET /health 200': requests,
        'GET /me 401': requests,
        'GET /orders 401': requests,
        [`POST /login ${refusal.status}`]: requests,
        'GET /ready 200': requests,
      };
      for (let n = 0; n < requests; n++) {
        // Of no route, by any of their parts. What the app calls their common one is up to it.
        const unknown = n % 2 ? `/${randomUUID()}/seats` : `/shop/${randomUUID()}`;
        const asked: Question[] = [
          ...[`/events/${1 + (n % 3)}`, `/events/${1_000 + n}`, '/health', '/me', '/orders', '/ready', unknown].map(
            (path) => ({ path }),
          ),
          malformed,
        ];
        // Workers take turns. So do these, or one worker would get all of the same.
        for (let m = 0; m < asked.length; m++) await ask(app.url, asked[(n + m) % asked.length] as Question);
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
        `${8 * requests + further} requests to instance 2, counted by METRICS_PORT${isOne ? '' : ', and a killed worker'}`,
      );
      conclude(t, withOthersOf(minute, watch), [
        {
          worth: 0.5,
          timed: wrong?.why !== notThese,
          share: wrong ? 0 : 1,
          seen: wrong?.seen ?? '',
          ...(wrong?.why ?? {}),
          good: `${8 * requests + further} requests over all workers were counted`,
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

interface Miscount {
  seen: string;
  /** Where it is not the part's own reason. */
  why: { because?: string; lookAt?: string };
}

const tooMany = {
  because: 'Some requests are counted more than once, or those from before were counted more than a second late.',
  lookAt:
    'how often does the line that counts run for a request, and when do the counts of a worker get to the scrape?',
};

const notThese = {
  because: 'Requests of other routes are counted. These are left out, or have another route or status in their labels.',
  lookAt: 'which requests never get to the line that counts, and where do its labels come from?',
};

/** Undefined once they are right. */
async function untilTrue(
  app: Instance,
  before: ReadonlyMap<string, number>,
  grow: Record<string, number>,
  withinMs: number,
): Promise<Miscount | undefined> {
  for (const until = performance.now() + withinMs; ; await delay(100)) {
    const now = await counts(app);
    const all = Object.entries(grow).map(([key, by]) => ({
      key,
      by,
      grown: (now.get(key) ?? 0) - (before.get(key) ?? 0),
    }));
    const off = all.find(({ key, by, grown }) => (key.includes('/ready') ? grown < by : grown !== by));
    if (!off) return undefined;
    if (performance.now() > until) {
      const { key, by, grown } = off;
      const seen = `${withinMs / 1_000} s after ${by} more requests, ${key} had grown by ${grown}`;
      if (grown > by) return { seen, why: tooMany };
      // Every worker had some of each route. Where another has all of its own, no worker is missing.
      return { seen, why: grown === 0 && all.some((other) => other.grown >= other.by) ? notThese : {} };
    }
  }
}

/** A few more. Undefined once they are counted, too. */
async function lateIn(
  app: Instance,
  before: ReadonlyMap<string, number>,
  withinMs: number,
): Promise<Miscount | undefined> {
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
