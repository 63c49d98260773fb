import { Redis } from 'ioredis';

/** Redis did not answer, or not in time. The command may have been executed all the same. */
export class RedisUnavailable extends Error {
  constructor(cause: unknown) {
    super(`Redis is unavailable: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * A Redis client that answers or fails within a second, and comes back by itself.
 * The defaults of ioredis do the opposite: they queue commands while the server is away and try each twenty times.
 */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false, // No connection: fail this request now instead of queueing it.
    maxRetriesPerRequest: 0, // The connection broke: don't send a command again that may have been executed.
    commandTimeout: 1_000, // There is a connection, but nobody answers.
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500), // Forever, at least twice a second.
  });
  let away = false;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    // Every failed attempt to connect is an event. Log the outage once.
    if (!away) console.error(`redis is away: ${error.message || error.code}`);
    away = true;
  });
  redis.on('ready', () => {
    if (away) console.log('redis is back');
    away = false;
  });
  return redis;
}

/** Resolves once Redis takes commands, or when the deadline has passed: a shop that starts without it still starts. */
export function redisReady(redis: Redis, { deadlineMs }: { deadlineMs: number }): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(resolve, deadlineMs);
    redis.once('ready', () => {
      clearTimeout(deadline);
      resolve();
    });
  });
}
