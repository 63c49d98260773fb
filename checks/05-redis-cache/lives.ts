import type { RedisHandle, Stage, SupplierHandle, Visitor } from '../harness/sdk/index.ts';
import { callsDuring, inCalls, read } from './steps.ts';

export const defaultTtlS = 60;
/** A time to live that is rounded up to a whole second is not nearly a second longer each time. */
const roundingMs = 850;
const mostAttempts = 4;

/** Of whatever an app has written into a Redis of its own. */
export async function livesIn(redis: RedisHandle): Promise<Map<string, number>> {
  const keys = await redis.keys();
  const ttls = await Promise.all(keys.map((key) => redis.ttlMs(key)));
  return new Map(keys.map((key, index) => [key, ttls[index] ?? -2] as const).filter(([, ttlMs]) => ttlMs !== -2));
}

/** After a call that failed, and after a write. With a CACHE_TTL_S that is shorter than a constant that somebody may choose. */
export async function mustLeaveNothingLonger(
  t: Stage,
  visitor: Visitor,
  { supplier, redis, mostS }: { supplier: SupplierHandle; redis: RedisHandle; mostS: number },
): Promise<void> {
  const trailLength = t.trail.length;
  const lastsFor = async (what: string, act: (id: string) => Promise<unknown>) => {
    let longest: [string, number] = ['', 0];
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      t.trail.retell(trailLength);
      await act(String(201 + attempt));
      longest = [...(await livesIn(redis))].reduce(
        (one, other) => (lifeOf(other) > lifeOf(one) ? other : one),
        longest,
      );
      if (lifeOf(longest) <= mostS * 1_000 + roundingMs) return;
      if (attempt < mostAttempts - 1) longest = ['', 0];
    }
    const [key, ttlMs] = longest;
    t.require(false, {
      step: `PTTL ${key}`,
      expected: `at most ${mostS} s`,
      seen: ttlMs === -1 ? 'no time to live' : `${(ttlMs / 1_000).toFixed(1)} s`,
      because: `${what} has left this key in Redis. Its time to live is the same for each CACHE_TTL_S, and here it is longer than that.`,
      lookAt: `which keys does ${what.toLowerCase()} set, and with what expiry?`,
    });
  };
  await supplier.fail({ how: 503 });
  await lastsFor('A failed call', (id) => visitor.get(`/events/${id}`));
  await supplier.heal();
  await lastsFor('A write', (id) => visitor.put(`/events/${id}`, { priceCents: 4_321 }));
  t.trail.retell(trailLength);
}

const lifeOf = ([, ttlMs]: [string, number]) => (ttlMs === -1 ? Number.POSITIVE_INFINITY : ttlMs);

/** For instances that have read /events/1 and were not given a CACHE_TTL_S. */
export async function mustKeepByDefault(
  t: Stage,
  visitors: readonly Visitor[],
  { supplier, redis }: { supplier: SupplierHandle; redis: RedisHandle },
): Promise<void> {
  t.trail.begin('two instances without CACHE_TTL_S');
  const notSet = {
    because: `CACHE_TTL_S is not set, so an entry lives for ${defaultTtlS} s. Number(undefined) is NaN, which is no time to live.`,
    lookAt: 'what does src/server.ts make of CACHE_TTL_S when it is not set?',
  };
  for (const visitor of visitors) {
    const calls = await callsDuring(supplier, () => read(t, visitor, '/events/1'));
    t.require(calls === 0, {
      expected: 'no call to the supplier for what was read before',
      seen: inCalls(calls),
      ...notSet,
    });
  }
  for (const [key, ttlMs] of await livesIn(redis)) {
    const seen = ttlMs === -1 ? 'no time to live' : `${Math.ceil(ttlMs / 1_000)} s`;
    const step = `PTTL ${key}`;
    const isInTime = ttlMs !== -1 && ttlMs <= (defaultTtlS + 1) * 1_000;
    t.require(isInTime, { step, expected: `at most ${defaultTtlS} s`, seen, ...notSet });
  }
}
