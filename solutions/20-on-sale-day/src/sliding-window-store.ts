import type { IncrementResponse, Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';

/**
 * KEYS: log. ARGV: limit, window in ms. Returns how many requests of the window have passed, this one included; limit + 1 if
 * this one has not. And in how many ms the oldest of them leaves the window.
 *
 * The log is a list of the times at which requests have passed, oldest first, never longer than the limit. Redis runs a
 * script as one command, so nobody can pass between counting and adding. The time is the clock of Redis: the instances'
 * clocks differ.
 */
const take = `
local log, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('LINDEX', log, 0)
while oldest and now - oldest > window do
  redis.call('LPOP', log)
  oldest = redis.call('LINDEX', log, 0)
end
local used = redis.call('LLEN', log) + 1
if used <= limit then
  redis.call('RPUSH', log, string.format('%.0f', now))
  redis.call('PEXPIRE', log, window + 1)
end
return { used, (oldest or now) + window + 1 - now }`;

export interface SlidingWindow {
  /** Of its keys in Redis. */
  prefix: string;
  limit: number;
  windowS: number;
}

/** Redis is away, so nobody knows how many requests have passed. */
export class StoreError extends Error {}

/** Counts the requests of each key that have passed in the last `windowS` seconds, over all instances. */
export class SlidingWindowStore implements Store {
  readonly prefix: string;
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #redis: Redis;

  constructor(redis: Redis, { prefix, limit, windowS }: SlidingWindow) {
    this.prefix = prefix;
    this.#limit = limit;
    this.#windowMs = windowS * 1_000;
    this.#redis = redis;
  }

  async increment(key: string): Promise<IncrementResponse> {
    try {
      const reply = await this.#redis.eval(take, 1, this.prefix + key, this.#limit, this.#windowMs);
      const [totalHits, freeInMs] = reply as [number, number];
      return { totalHits, resetTime: new Date(Date.now() + freeInMs) };
    } catch (error) {
      throw new StoreError('Redis does not count', { cause: error });
    }
  }

  /** Takes back the newest request of this key. */
  async decrement(key: string): Promise<void> {
    await this.#redis.rpop(this.prefix + key);
  }

  async resetKey(key: string): Promise<void> {
    await this.#redis.del(this.prefix + key);
  }
}
