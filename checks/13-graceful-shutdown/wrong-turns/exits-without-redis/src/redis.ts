import { Redis } from 'ioredis';

/** A Redis client that comes back by itself. A command fails if there is no reply within 3 s. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    commandTimeout: 3_000,
    connectTimeout: 1_000,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500), // Forever, at least twice a second.
  });
  let failures = 0;
  redis.on('error', () => {
    if (++failures > 5) process.exit(1);
  });
  redis.on('ready', () => {
    failures = 0;
  });
  return redis;
}
