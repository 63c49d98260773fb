import type { IncrementResponse, Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';

/** KEYS: a hash of counts by window. ARGV: limit, window in ms. */
const take = `
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local number, gone = math.floor(now / window), now % window
local current, last = string.format('%.0f', number), string.format('%.0f', number - 1)
local before = tonumber(redis.call('HGET', KEYS[1], last) or '0')
local since = tonumber(redis.call('HGET', KEYS[1], current) or '0')
local used = math.ceil(before * (window - gone) / window) + since
if used < limit then
  redis.call('HINCRBY', KEYS[1], current, 1)
  redis.call('PEXPIRE', KEYS[1], 2 * window)
end
return { used + 1, window - gone }`;

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
    const [current] = (await this.#redis.hkeys(this.prefix + key)).sort().reverse();
    if (current) await this.#redis.hincrby(this.prefix + key, current, -1);
  }

  async resetKey(key: string): Promise<void> {
    await this.#redis.del(this.prefix + key);
  }
}
