import type { IncrementResponse, Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';

/** KEYS: a hash with tokens and their time. ARGV: limit, window in ms. */
const take = `
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens') or limit)
local at = tonumber(redis.call('HGET', KEYS[1], 'at') or now)
tokens = math.min(limit, tokens + (now - at) * limit / window)
local used = limit - math.floor(tokens) + 1
if tokens >= 1 then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], window)
return { used, math.ceil((1 - tokens % 1) * window / limit) }`;

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
    await this.#redis.hincrbyfloat(this.prefix + key, 'tokens', 1);
  }

  async resetKey(key: string): Promise<void> {
    await this.#redis.del(this.prefix + key);
  }
}
