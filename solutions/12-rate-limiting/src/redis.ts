import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A Redis client whose commands succeed or fail within a quarter of a second, and that reconnects by itself. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false, // Without a connection, a command fails now.
    maxRetriesPerRequest: 0, // A command that may have been executed would count twice.
    commandTimeout: 250, // There is a connection, but no reply.
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500), // Forever, at least twice a second.
  });
  let away = false;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    // Each failed attempt to connect is an event. Log one line for each outage.
    if (!away) console.warn(`redis is away: ${error.message || error.code}`);
    away = true;
  });
  redis.on('ready', () => {
    if (away) console.log('redis is back');
    away = false;
  });
  return redis;
}

/** Resolves when Redis is ready, has refused the connection, or the deadline has passed: the shop also starts without it. */
export async function redisReady(redis: Redis, { deadlineMs }: { deadlineMs: number }): Promise<void> {
  const ready = once(redis, 'ready').catch(() => {}); // An 'error' event rejects it.
  await Promise.race([ready, delay(deadlineMs, undefined, { ref: false })]);
}
