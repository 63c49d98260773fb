import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/**
 * A Redis client that answers or fails within half a second, and comes back by itself. A cache that is waited for longer
 * than the supplier is none. The defaults of ioredis queue commands while the server is away.
 */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false, // No connection: ask the supplier now.
    maxRetriesPerRequest: 0, // The connection broke: a command that may have been executed is not sent again.
    commandTimeout: 500, // The connection is there but nobody answers.
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500), // For ever, at least twice a second.
  });
  let away = false;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    // Every attempt to connect fails with an event of its own; an outage is one line.
    if (!away) console.error(`redis is away: ${error.message || error.code}`);
    away = true;
  });
  redis.on('ready', () => {
    if (away) console.log('redis is back');
    away = false;
  });
  return redis;
}

/** Resolves once Redis takes commands, or has refused them, or when the deadline has passed: a shop starts without it, too. */
export async function redisReady(redis: Redis, { deadlineMs }: { deadlineMs: number }): Promise<void> {
  const ready = once(redis, 'ready').catch(() => {}); // Rejected by the event 'error'.
  await Promise.race([ready, delay(deadlineMs, undefined, { ref: false })]);
}
