import { Redis } from 'ioredis';

/** A Redis client that comes back by itself. A command fails if there is no reply within 2 s. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    commandTimeout: 2_000,
    connectTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500),
  });
  redis.on('error', () => {}); // The command that fails because of it says so itself.
  return redis;
}
