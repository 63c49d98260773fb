import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';

const waitingKey = 'jobs';
const laterKey = 'jobs:later';
const workersKey = 'jobs:workers';

/** Jobs in lists: the waiting ones in one, and those of each worker in another. */
export class Jobs {
  readonly #redis: Redis;
  readonly #worker = `${hostname()}/${randomUUID()}`;
  readonly #lockMs: number;

  constructor(redis: Redis, lockMs: number) {
    this.#redis = redis;
    this.#lockMs = lockMs;
  }

  async live(): Promise<void> {
    await this.#redis.multi().sadd(workersKey, this.#worker).set(aliveOf(this.#worker), '1', 'PX', this.#lockMs).exec();
  }

  /** Whoever had jobs on this host is gone, or this worker would not have been started. */
  async freeThoseOfThisHost(): Promise<void> {
    for (const worker of await this.#redis.smembers(workersKey))
      if (worker.startsWith(`${hostname()}/`)) await this.#redis.eval(free, 2, listOf(worker), waitingKey);
  }

  async take(): Promise<string | undefined> {
    return (await this.#redis.lmove(waitingKey, listOf(this.#worker), 'RIGHT', 'LEFT')) ?? undefined;
  }

  async done(order: string): Promise<void> {
    await this.#redis.lrem(listOf(this.#worker), 1, order);
  }

  async later(order: string, pauseMs: number): Promise<void> {
    await this.#redis
      .multi()
      .zadd(laterKey, Date.now() + pauseMs, order)
      .lrem(listOf(this.#worker), 1, order)
      .exec();
  }

  /** Brings back what is due, and what belongs to workers that are gone. */
  async tidy(): Promise<void> {
    await this.#redis.eval(wake, 2, laterKey, waitingKey, Date.now());
    for (const worker of await this.#redis.smembers(workersKey))
      await this.#redis.eval(takeBack, 4, aliveOf(worker), listOf(worker), waitingKey, workersKey, worker);
  }
}

const aliveOf = (worker: string) => `jobs:alive:${worker}`;
const listOf = (worker: string) => `jobs:of:${worker}`;

const wake = `
  for _, order in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 100)) do
    redis.call('LPUSH', KEYS[2], order)
    redis.call('ZREM', KEYS[1], order)
  end
`;
const free = `
  while redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'RIGHT') do end
`;
const takeBack = `
  if redis.call('EXISTS', KEYS[1]) == 1 then return end
  while redis.call('LMOVE', KEYS[2], KEYS[3], 'RIGHT', 'RIGHT') do end
  redis.call('SREM', KEYS[4], ARGV[1])
`;
