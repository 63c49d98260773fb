import { Redis } from 'ioredis';
import { log } from './log.ts';

/** A Redis client that answers or fails within a second, and comes back by itself. Lesson 3 says why each option. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, connectTimeout: 1_000 });
  let away = false;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    if (!away) log(`redis is away: ${error.message || error.code}`);
    away = true;
  });
  redis.on('ready', () => {
    away = false;
  });
  return redis;
}
