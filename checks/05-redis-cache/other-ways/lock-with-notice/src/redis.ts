import { Redis } from 'ioredis';

/** Fails within 600 ms, and connects again for ever. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 600,
    retryStrategy: () => 200,
  });
  redis.on('error', () => {}); // The command that fails says so.
  return redis;
}
