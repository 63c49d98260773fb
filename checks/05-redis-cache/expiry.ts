import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';
import { livesIn, mustLeaveNothingLonger } from './lives.ts';
import { change, read, timesToLive, unavailable, untilKept } from './steps.ts';

/** What the instances run with. */
export const cacheTtlS = Number(lesson.env.CACHE_TTL_S);
/** What one more instance runs with. */
const shortTtlS = 2;
/** For designs that round a time to live up to a whole second. */
const roundingS = 1;
/** A time to live that each read renews never ends. This one is over by then. */
const overWithinMs = 6_000;
const writtenTogether = 40;
const leastSpreadS = 0.05 * cacheTtlS;
/** The first and the last of 40 that are drawn from a range of 5 % may be closer to each other than that. */
const failsBelowS = leastSpreadS / 2;

/** How long an entry lives. */
export function expiryBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'keys-expire',
    'every key in Redis has a time to live of CACHE_TTL_S at most',
    {
      because:
        'A key without a time to live is answered forever, also when another shop has sold the seats. It stays until the memory of Redis is full.',
      lookAt: 'which command writes the key, and with what expiry?',
    },
    async (t) => {
      const { ttls } = await writeTogether(t, 101);
      requireTimesToLive(t, ttls, cacheTtlS);
      t.require(ttls.size >= writtenTogether, {
        step: 'the keys in Redis',
        expected: `one key for each of the ${writtenTogether} events`,
        seen: `${ttls.size} key${ttls.size === 1 ? '' : 's'}`,
        because: 'Several entries share a key. A key expires as a whole, and a write that drops it drops all of them.',
        lookAt: 'what is the key of an entry, and which entries have the same?',
      });
      t.trail.begin();
      await change(t, '100', { seatsLeft: 5 }, 1);
      requireTimesToLive(t, await timesToLive(t), cacheTtlS, {
        because:
          'A write has left this key in Redis. Every key has a time to live of CACHE_TTL_S at most, also one that is no entry.',
        lookAt: 'which keys does a write set, and with what expiry?',
      });
    },
  );

  behaviour(
    'expires',
    'no answer is older than CACHE_TTL_S, however often it is read',
    {
      because:
        'Other shops sell from the same box office, and nobody tells this one. An entry that does not expire, or whose time to live each read renews, says forever what was true once.',
      lookAt: 'from when on does the time to live of an entry count, and what changes it later?',
    },
    async (t) => {
      // With services of its own, because it runs beside behaviours that count calls and look at keys.
      const [supplier, redis] = await Promise.all([t.startSupplier({ latencyMs: 20, atOnce: 10 }), t.startRedis()]);
      const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl, CACHE_TTL_S: String(shortTtlS) };
      const visitor = t.visitor({ at: await t.startExtra({ env }) });
      t.trail.begin(`an instance with CACHE_TTL_S=${shortTtlS}`);
      for (const path of ['/events/5', '/stats']) await untilKept(visitor, supplier, path);
      t.trail.retell(1);
      const { json: before } = await read(t, visitor, '/stats');
      requireTimesToLive(t, await livesIn(redis), shortTtlS);
      const seatsLeft = 3 + ((await supplier.event('5'))?.seatsLeft ?? 0);
      await supplier.change('5', { seatsLeft });
      t.trail.retell(1, 'another shop gives back seats of event 5');
      for (const path of ['/events/5', '/stats']) {
        const expected = path === '/stats' ? before.seatsLeft + 3 : seatsLeft;
        await t.until(
          `GET ${path} shows seatsLeft ${expected}`,
          async () => {
            t.trail.retell(2);
            const { json } = await read(t, visitor, path);
            await delay(50);
            return json.seatsLeft === expected;
          },
          { deadlineMs: overWithinMs },
        );
      }
      await supplier.fail({ how: 503 });
      t.trail.retell(1, 'the supplier answers 503 from now on');
      for (const path of ['/events/5', '/stats']) await mustEnd(t, visitor, path);
      await mustLeaveNothingLonger(t, visitor, { supplier, redis, mostS: shortTtlS });
    },
    { background: true, limitMs: 30_000 },
  );
}

/** Nor does a supplier that fails make an answer live longer. */
async function mustEnd(t: Stage, visitor: Visitor, path: string): Promise<void> {
  const failsFrom = performance.now();
  for (;;) {
    t.trail.retell(2);
    const { status } = (await visitor.get(path)).mustBe([200, ...unavailable]);
    if (status !== 200) return;
    const forMs = performance.now() - failsFrom;
    t.require(forMs < overWithinMs, {
      expected: `502, 503 or 504 once ${shortTtlS} s have passed`,
      seen: `200 for ${Math.round(forMs / 1_000)} s`,
      because:
        'The supplier fails, and the shop goes on with an answer that it keeps for that case. It is older than CACHE_TTL_S, and nobody drops it when another shop sells.',
      lookAt: 'what does the app keep beside the entries in Redis, and for how long?',
    });
    await delay(50);
  }
}

/** Entries that are written together must not expire together. */
export function spreadBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'spread',
    'entries that were written together do not expire together',
    {
      because:
        'All have the same time to live. What was filled together, after a deploy or at the start of a sale, expires together, and the supplier is asked for all of it in one moment.',
      lookAt: 'how does the expiry of two keys differ that are written at the same time?',
    },
    async (t) => {
      const { ttls, tookS } = await writeTogether(t, 141);
      // That they were not written in exactly the same moment spreads them, too. The app has no part in that.
      const spreadS = widestSpreadS(ttls) - tookS;
      const longestS = Math.max(...ttls.values()) / 1_000;
      t.require(longestS >= leastSpreadS, {
        step: `PTTL of ${ttls.size} keys`,
        expected: `the first of them expires ${leastSpreadS} s before the last, or earlier`,
        seen: `all expire within ${longestS.toFixed(1)} s`,
        because: `CACHE_TTL_S is ${cacheTtlS}, and the keys are gone almost at once: EX takes seconds, PX milliseconds.`,
        lookAt: 'which command writes the key, and with what expiry?',
      });
      t.require(spreadS >= failsBelowS, {
        step: `PTTL of ${ttls.size} keys`,
        expected: `the first of them expires ${leastSpreadS} s before the last, or earlier`,
        seen: `${Math.max(0, spreadS).toFixed(1)} s`,
      });
    },
    { further: true },
  );
}

async function writeTogether(t: Stage, firstId: number): Promise<{ ttls: Map<string, number>; tookS: number }> {
  await t.redis.clear();
  await t.supplier.setLatency(0);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: writtenTogether }, (_, n) =>
      read(t, t.visitor(), `/events/${firstId + n}`, { on: 1 + (n % 2) }),
    ),
  );
  const tookS = (performance.now() - startedAt) / 1_000;
  t.trail.begin(`GET of ${writtenTogether} events at once, with CACHE_TTL_S=${cacheTtlS}`);
  return { ttls: await timesToLive(t, writtenTogether), tookS };
}

export function requireTimesToLive(
  t: Stage,
  ttls: Map<string, number>,
  mostS: number,
  teaching: Partial<Teaching> = {},
): void {
  for (const [key, ttlMs] of ttls) {
    const step = `PTTL ${key}`;
    t.require(ttlMs !== -1, { step, expected: `at most ${mostS} s`, seen: 'no time to live', ...teaching });
    t.require(ttlMs <= (mostS + roundingS) * 1_000, {
      step,
      expected: `at most ${mostS} s`,
      seen: `${Math.ceil(ttlMs / 1_000)} s`,
      because:
        'The key lives longer than CACHE_TTL_S, so the shop may answer what has not been true for longer than that.',
      ...teaching,
    });
  }
}

/** Of keys with the same name but for its numbers, which are one kind. If there is no such kind, of all. */
function widestSpreadS(ttls: Map<string, number>): number {
  const kinds = new Map<string, number[]>();
  for (const [key, ttlMs] of ttls) {
    const kind = key.replace(/\d+/g, '#');
    kinds.set(kind, [...(kinds.get(kind) ?? []), ttlMs]);
  }
  const large = [...kinds.values()].filter((kind) => kind.length >= writtenTogether / 2);
  const spreads = (large.length > 0 ? large : [[...ttls.values()]]).map(
    (kind) => Math.max(...kind) - Math.min(...kind),
  );
  return Math.max(...spreads) / 1_000;
}
