import { Redis } from 'ioredis';

/** A Redis client that answers or fails within a second, and comes back by itself. */
export function connectRedis(url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 1_000, retryStrategy: () => 200 });
  redis.on('error', (error) => console.error(error.message));
  return redis;
}
