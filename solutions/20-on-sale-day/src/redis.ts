import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
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

/** Redis did not answer, or not in time. The command may have been executed all the same. */
export class RedisUnavailable extends Error {
  constructor(cause: unknown) {
    super(`Redis is unavailable: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Resolves when Redis is ready, has refused the connection, or the deadline has passed: the shop also starts without it. */
export async function redisReady(redis: Redis, { deadlineMs }: { deadlineMs: number }): Promise<void> {
  const ready = once(redis, 'ready').catch(() => {}); // An 'error' event rejects it.
  await Promise.race([ready, delay(deadlineMs, undefined, { ref: false })]);
}
