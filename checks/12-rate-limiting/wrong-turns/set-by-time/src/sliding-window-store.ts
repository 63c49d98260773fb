import type { IncrementResponse, Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';

/** KEYS: a set, sorted by time. ARGV: limit, window in ms. */
const take = `
local log, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', log, '-inf', '(' .. now - window / 1000)
local used = redis.call('ZCARD', log) + 1
if used <= limit then
  redis.call('ZADD', log, now, now)
  redis.call('PEXPIRE', log, window + 1000)
end
local oldest = redis.call('ZRANGE', log, 0, 0)[1]
return { used, (oldest - now) * 1000 + window }`;

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
    await this.#redis.zpopmax(this.prefix + key);
  }

  async resetKey(key: string): Promise<void> {
    await this.#redis.del(this.prefix + key);
  }
}
