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

export async function ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
  try {
    return await work(redis);
  } catch (cause) {
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
