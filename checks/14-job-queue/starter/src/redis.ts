import { Redis } from 'ioredis';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const retryStrategy = (times: number) => Math.min(50 * times, 500);

/** A customer waits for it: a command fails at once when Redis is away, and after a second when it says nothing. */
export function redisOfServer(): Redis {
  return logged(
    new Redis(url, { retryStrategy, enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 1_000 }),
  );
}

/** Nobody waits for it, so it waits for Redis as long as it takes. BullMQ's workers ask for that. */
export function redisOfWorker(): Redis {
  return logged(new Redis(url, { retryStrategy, maxRetriesPerRequest: null }));
}

/**
 * Whether Redis can't be reached, or says nothing: that passes, and a client may try again. ioredis has no class for it. What
 * Redis answers to a wrong command is a ReplyError, and a fault of ours.
 */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    /^(Stream isn't writeable|Connection is closed|Command timed out|Command aborted)/.test(error.message)
  );
}

function logged(redis: Redis): Redis {
  return redis.on('error', (error) => console.error(`redis: ${error.message}`));
}
