import { Redis } from 'ioredis';

/** Redis can't be asked now. */
export class StoreDown extends Error {}

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
  enableOfflineQueue: false,
  enableReadyCheck: false,
  commandTimeout: 1000,
  connectTimeout: 1000,
  maxRetriesPerRequest: 0,
  retryStrategy: () => 200,
});
redis.on('error', () => {});
// What fails before the first connection is no failure of Redis.
let started = false;
redis.once('ready', () => {
  started = true;
});

const failuresInARow = 5;
const restMs = 10_000;
let failures = 0;
let openUntil = 0;

/** Asks Redis. After five failures in a row nobody waits for it any more, until it has had some rest. */
export async function ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
  if (Date.now() < openUntil) throw new StoreDown('the session store rests');
  try {
    const answer = await work(redis);
    failures = 0;
    return answer;
  } catch (cause) {
    if (started) failures++;
    if (failures >= failuresInARow) openUntil = Date.now() + restMs;
    throw new StoreDown('the session store does not answer', { cause });
  }
}

/** The results of a transaction; a command that failed in it throws. */
export function results(replies: [Error | null, unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
