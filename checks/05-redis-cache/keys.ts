import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';
import { callsDuring, inCalls, read } from './steps.ts';

/** What the instances run with. */
const cacheTtlS = Number(lesson.env.CACHE_TTL_S);
/** For designs that round a time to live up to a whole second. */
const roundingS = 1;
const writtenTogether = 40;
const leastSpreadS = 0.05 * cacheTtlS;
/** Of 40 drawn from a range of 5 %, the first and the last may be nearer to each other than that. */
const failsBelowS = leastSpreadS / 2;

/** What the app leaves in Redis, and what it makes of what it finds there. */
export function keyBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'keys-expire',
    'every key has a time to live, and what was written together does not expire together',
    {
      because:
        'What has no time to live is answered for ever, also when another shop has sold the seats, and it stays until the memory of Redis is full.',
      lookAt: 'which command writes the key, and with what expiry?',
    },
    async (t) => {
      await t.redis.clear();
      await t.supplier.setLatency(0);
      const startedAt = performance.now();
      await Promise.all(
        Array.from({ length: writtenTogether }, (_, n) =>
          read(t, t.visitor(), `/events/${101 + n}`, { on: 1 + (n % 2) }),
        ),
      );
      const windowS = (performance.now() - startedAt) / 1_000;
      t.trail.splice(0, t.trail.length, `GET of ${writtenTogether} events at once, with CACHE_TTL_S=${cacheTtlS}`);
      const ttls = await timesToLive(t);
      for (const [key, ttlMs] of ttls) {
        const step = `PTTL ${key}`;
        t.require(ttlMs !== -1, { step, expected: `at most ${cacheTtlS} s`, seen: 'no time to live' });
        t.require(ttlMs <= (cacheTtlS + roundingS) * 1_000, {
          step,
          expected: `at most ${cacheTtlS} s`,
          seen: `${Math.ceil(ttlMs / 1_000)} s`,
          because:
            'The key lives longer than CACHE_TTL_S, so the shop says for longer than it may what is no longer true.',
        });
      }
      // That they were not written at exactly the same time spreads them, too; it is no merit of the app.
      const spreadS = widestSpreadS(ttls) - windowS;
      const longestS = Math.max(...ttls.values()) / 1_000;
      t.require(spreadS >= failsBelowS, {
        step: `PTTL of ${ttls.size} keys`,
        expected: `the first of them expires ${leastSpreadS} s before the last, or earlier`,
        seen:
          longestS < leastSpreadS
            ? `all expire within ${longestS.toFixed(1)} s`
            : `${Math.max(0, spreadS).toFixed(1)} s`,
        because:
          longestS < leastSpreadS
            ? `CACHE_TTL_S is ${cacheTtlS}, and the keys are gone almost at once: EX takes seconds, PX milliseconds.`
            : 'All have the same time to live. What was filled together, after a deploy or at the start of a sale, expires together, and the supplier is asked for all of it in one moment.',
        lookAt: 'what is different in the expiry of two keys that are written at the same time?',
      });
    },
  );

  behaviour(
    'empty-kept',
    'an empty result is kept, too',
    {
      because:
        '“There is none” is an answer like any other, and a bot can ask for it a thousand times. A test such as if (kept) takes it for “not kept”.',
      lookAt: 'how does the app tell an entry that says “none” from an entry that is not there?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      const missing = { because: 'There is no such event, and both instances must say so.' };
      (await t.visitor().get('/events/99999', { on: 1 })).mustBe(404, missing);
      for (const on of [1, 2]) {
        const calls = await callsDuring(t.supplier, async () =>
          (await t.visitor().get('/events/99999', { on })).mustBe(404, missing),
        );
        t.require(calls === 0, { expected: 'no call to the supplier', seen: inCalls(calls) });
      }
      (await t.visitor().put('/events/99999', { priceCents: 1 }, { on: 1 })).mustBe(404, missing);
    },
  );

  behaviour(
    'corrupt-value',
    'a value in Redis that cannot be read is fetched anew',
    {
      because:
        'Somebody else wrote into Redis: an older release, a script, a write that was cut off. The app trusts it, and every reader gets an error until the entry expires.',
      lookAt: 'what happens when the text from Redis can’t be parsed?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      for (const [id, what, spoil] of [
        ['51', 'cut off in the middle', (value: string) => value.slice(0, value.length / 2)],
        ['52', 'overwritten with text', () => 'not { what you think'],
      ] as const) {
        await t.redis.clear();
        t.trail.splice(0);
        const paths = ['/stats', `/events/${id}`];
        for (const path of paths) await read(t, t.visitor(), path, { on: 1 });
        const keys = [...(await timesToLive(t)).keys()];
        let spoilt = 0;
        for (const key of keys) spoilt += await overwrite(t, key, spoil);
        if (spoilt === 0)
          t.inconclusive('the app keeps its values in another way than this check can spoil', 'use strings or hashes');
        t.step(`each of the ${spoilt} values in Redis is ${what}`);
        for (const path of paths) {
          for (const on of [2, 1]) await read(t, t.visitor(), path, { on });
          const calls = await callsDuring(t.supplier, () => read(t, t.visitor(), path, { on: 2 }));
          t.require(calls === 0, {
            expected: 'no call to the supplier: the value was fixed',
            seen: inCalls(calls),
            because: 'The value is fetched anew by every reader, because nobody replaces the one that can’t be read.',
          });
        }
      }
    },
  );
}

/** Milliseconds by key, of whatever the app has written. */
async function timesToLive(t: Stage): Promise<Map<string, number>> {
  // An app may answer before it has written.
  for (let n = 0; n < 20 && (await t.redis.keys()).length < 2; n++) await new Promise((next) => setTimeout(next, 50));
  const keys = await t.redis.keys();
  const ttls = await Promise.all(keys.map((key) => t.redis.ttlMs(key)));
  const found = keys.map((key, index) => [key, ttls[index] ?? -2] as const).filter(([, ttlMs]) => ttlMs !== -2);
  t.require(found.length > 0, {
    expected: 'keys in Redis',
    seen: 'none',
    because: 'The app has written nothing into Redis, so whatever it knows is kept in the processes.',
    lookAt: 'does the app use REDIS_URL?',
  });
  return new Map(found);
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

/**
 * Numbers stay: they are counters or versions, not values. Other kinds than strings and hashes stay: they are lists of who
 * waits, or of what there is. The time to live stays.
 * @returns how many values it was.
 */
async function overwrite(t: Stage, key: string, spoil: (value: string) => string): Promise<number> {
  const { client } = t.redis;
  const type = await client.type(key);
  const isValue = (value: string | null) => value !== null && !/^\d+$/.test(value);
  if (type === 'string') {
    const value = await client.get(key);
    const ttlMs = await client.pttl(key);
    if (value === null || !isValue(value)) return 0;
    await client.set(key, spoil(value), 'PX', Math.max(ttlMs, 1_000));
    return 1;
  }
  if (type !== 'hash') return 0;
  const fields = Object.entries(await client.hgetall(key)).filter(([, value]) => isValue(value));
  for (const [field, value] of fields) await client.hset(key, field, spoil(value));
  return fields.length;
}
