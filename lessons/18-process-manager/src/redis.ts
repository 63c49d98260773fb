import { Redis } from 'ioredis';

/** A Redis client that comes back by itself. A command fails if there is no reply within 3 s. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    commandTimeout: 3_000,
    connectTimeout: 1_000,
    maxRetriesPerRequest: 0, // The connection broke: an order that may have been stored is not sent again.
    retryStrategy: (attempt) => Math.min(attempt * 50, 500), // Forever, at least twice a second.
  });
  redis.on('error', () => {}); // The command that fails because of it says so itself.
  return redis;
}
