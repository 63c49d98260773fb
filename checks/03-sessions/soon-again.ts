import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { linus, logIn } from './steps.ts';

/** The default of SESSION_TTL_S. */
const ttlS = 3_600;
/** Of other instances, which use the same Redis and have short sessions. */
const othersLiveS = 10;
const halfTheLifeS = ttlS / 2;
const aMomentS = 30;
/** What is renewed after the answer is renewed by then. */
const lateByMs = 200;

/** A request that comes soon after the last one renews what a later one would renew. */
export async function mustRenewSoonAgain(t: Stage, app: Instance, redis: RedisHandle): Promise<void> {
  const visitor = t.visitor({ at: app });
  t.trail.begin('an instance without SESSION_TTL_S');
  await logIn(t, visitor, linus);
  (await visitor.post('/basket', { event: 'closing-night', seats: 3 })).mustBe(201);
  const trailLength = t.trail.length;
  const use = async () => (await visitor.get('/profile')).mustBe(200);
  const renewed = await renewedAfter(redis, await redis.keys(), { unusedS: halfTheLifeS, use });
  t.trail.retell(trailLength, `${aMomentS} s without use: PEXPIRE of its keys makes them older`);
  const soon = await renewedAfter(redis, renewed, { unusedS: aMomentS, use });
  const left = renewed.find((key) => !soon.includes(key));
  t.require(left === undefined, {
    expected: `each key of the session to live for ${ttlS} s again`,
    seen: `${left} lives for ${Math.round((await redis.ttlMs(left ?? '')) / 1_000)} s, as before the request`,
    because:
      'Redis is told only when a part of the session’s life has gone. A request before that moves nothing, so the session ends earlier than SESSION_TTL_S after its last use.',
    lookAt: 'when does a request with a session move its end, and when does it not?',
  });
}

/** @returns those keys that a use renews after they have been made older, whatever else is in Redis. */
async function renewedAfter(
  redis: RedisHandle,
  keys: string[],
  { unusedS, use }: { unusedS: number; use: () => Promise<unknown> },
): Promise<string[]> {
  const older = new Map<string, number>();
  for (const key of keys) {
    const ttlMs = await redis.ttlMs(key);
    if (ttlMs < othersLiveS * 1_000) continue;
    older.set(key, Math.max(1_000, ttlMs - unusedS * 1_000));
    await redis.client.pexpire(key, older.get(key) ?? 0);
  }
  await use();
  for (const until = performance.now() + lateByMs; ; await delay(20)) {
    const renewed: string[] = [];
    for (const [key, ttlMs] of older) {
      if ((await redis.ttlMs(key)) > ttlMs + (unusedS * 1_000) / 2) renewed.push(key);
    }
    if (renewed.length === older.size || performance.now() > until) return renewed;
  }
}
