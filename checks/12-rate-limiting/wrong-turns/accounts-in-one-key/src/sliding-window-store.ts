import { randomUUID } from 'node:crypto';
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
local log, limit, window, name = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', log, '-inf', string.format('(%.0f', now - window))
local used, oldest = 1, nil
local entries = redis.call('ZRANGE', log, 0, -1, 'WITHSCORES')
for i = 1, #entries, 2 do
  if string.sub(entries[i], 1, #name) == name then
    used = used + 1
    oldest = oldest or tonumber(entries[i + 1])
  end
end
if used <= limit then
  redis.call('ZADD', log, string.format('%.0f', now), name .. ARGV[4])
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
      const [log, name] = this.#split(key);
      const reply = await this.#redis.eval(take, 1, log, this.#limit, this.#windowMs, name, randomUUID());
      const [totalHits, freeInMs] = reply as [number, number];
      return { totalHits, resetTime: new Date(Date.now() + freeInMs) };
    } catch (error) {
      throw new StoreError('Redis does not count', { cause: error });
    }
  }

  /** What stands before the first “|” has a key of its own, and what comes after it is in front of each entry. */
  #split(key: string): [log: string, name: string] {
    const [owner = '', ...rest] = key.split('|');
    return [this.prefix + owner, `${JSON.stringify(rest.join('|'))}:`];
  }

  /** Takes back the newest request of this key. */
  async decrement(key: string): Promise<void> {
    const [log, name] = this.#split(key);
    const newest = (await this.#redis.zrange(log, '0', '-1')).findLast((entry) => entry.startsWith(name));
    if (newest) await this.#redis.zrem(log, newest);
  }

  async resetKey(key: string): Promise<void> {
    await this.#redis.del(this.prefix + key);
  }
}
