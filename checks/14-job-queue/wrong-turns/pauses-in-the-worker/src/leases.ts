import type { Redis } from 'ioredis';
import type { Placed } from './orders.ts';

const due = 'due';
const now = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000);`;
const mine = `if redis.call('HGET', KEYS[2], 'token') ~= ARGV[2] then return 0 end;`;

export interface Leased {
  id: string;
  token: string;
  placed: Placed;
  attempts: number;
}

/** One sorted set: when may an order's e-mail be taken (again)? */
export class Leases {
  readonly #redis: Redis;
  readonly #lockMs: number;

  constructor(redis: Redis, lockMs: number) {
    this.#redis = redis;
    this.#lockMs = lockMs;
  }

  async take(): Promise<Leased | undefined> {
    const script = `${now}
      local id = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)[1];
      if not id then return false end;
      redis.call('ZADD', KEYS[1], now + ARGV[1], id);
      local token = redis.call('HINCRBY', 'order:' .. id, 'token', 1);
      return { id, tostring(token), redis.call('HGET', 'order:' .. id, 'placed'), redis.call('HGET', 'order:' .. id, 'attempts') or '0' };`;
    const got = (await this.#redis.eval(script, 1, due, this.#lockMs)) as [string, string, string, string] | null;
    if (!got) return undefined;
    return { id: got[0], token: got[1], placed: JSON.parse(got[2]), attempts: Number(got[3]) };
  }

  async keep({ id, token }: Leased): Promise<void> {
    await this.#redis.eval(
      `${now} ${mine} return redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[3])`,
      2,
      due,
      `order:${id}`,
      this.#lockMs,
      token,
      id,
    );
  }

  async later({ id, token }: Leased, attempts: number, pauseMs: number): Promise<void> {
    const script = `${now} ${mine} redis.call('HSET', KEYS[2], 'attempts', ARGV[4]); return redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[3])`;
    await this.#redis.eval(script, 2, due, `order:${id}`, pauseMs, token, id, attempts);
  }

  async note({ id }: Leased, attempts: number): Promise<void> {
    await this.#redis.hset(`order:${id}`, { attempts });
  }

  async end({ id }: Leased, status: 'confirmed' | 'failed', reason = ''): Promise<void> {
    await this.#redis
      .multi()
      .zrem(due, id)
      .hset(`order:${id}`, { status, ...(reason ? { reason } : {}) })
      .exec();
  }
}
