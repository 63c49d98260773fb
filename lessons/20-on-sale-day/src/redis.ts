import { Redis } from 'ioredis';
import { log } from './log.ts';

/** A Redis client whose commands succeed or fail within a second, and that reconnects by itself. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false, // Without a connection, a command fails now.
    maxRetriesPerRequest: 0, // A command that may have been executed is not sent again.
    commandTimeout: 1_000, // There is a connection, but no reply.
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500), // Forever, at least twice a second.
  });
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
