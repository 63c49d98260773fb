import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './redis-connection.ts';

/** KEYS: a set, sorted by time. ARGV: limit, window in µs, a name for this request. Returns "passed used freeInMs". */
const take = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - window))
local used, passed = redis.call('ZCARD', KEYS[1]), 0
if used < tonumber(ARGV[1]) then
  passed, used = 1, used + 1
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1)
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return passed .. ' ' .. used .. ' ' .. math.ceil((oldest + window - now) / 1000) + 1`;

export interface Decision {
  passed: boolean;
  left: number;
  freeInMs: number;
  /** For whoever takes it back. */
  name: string;
}

/** Redis is away, so nobody knows how many have passed. */
export class UncountedError extends Error {}

export class WindowLog {
  readonly limit: number;
  readonly windowS: number;
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, prefix: string, limit: number, windowS: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.limit = limit;
    this.windowS = windowS;
  }

  async take(client: string): Promise<Decision> {
    const name = randomUUID(); // Two requests of the same microsecond are two.
    try {
      const reply = await this.#redis.send(
        'EVAL',
        take,
        1,
        this.#prefix + client,
        this.limit,
        this.windowS * 1e6,
        name,
      );
      const [passed, used, freeInMs] = String(reply).split(' ').map(Number) as [number, number, number];
      return { passed: passed === 1, left: this.limit - used, freeInMs, name };
    } catch (error) {
      throw new UncountedError('Redis does not count', { cause: error });
    }
  }

  async giveBack(client: string, { name }: Decision): Promise<void> {
    await this.#redis.send('ZREM', this.#prefix + client, name);
  }
}
