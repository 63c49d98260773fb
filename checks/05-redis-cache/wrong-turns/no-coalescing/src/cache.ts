import type { Redis } from 'ioredis';

const jitter = 0.2;

/** One cache for all instances, in Redis. */
export class Cache {
  readonly #redis: Redis;
  readonly #ttlMs: number;

  constructor(redis: Redis, { ttlS }: { ttlS: number }) {
    this.#redis = redis;
    this.#ttlMs = ttlS * 1_000;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = await this.#redis.get(key).catch(() => null);
    if (kept !== null) return JSON.parse(kept);
    const answer = await ask();
    const ttlMs = Math.ceil(this.#ttlMs * (1 - jitter * Math.random()));
    await this.#redis.set(key, JSON.stringify(answer), 'PX', ttlMs).catch(() => {});
    return answer;
  }

  async forget(key: string): Promise<void> {
    await this.#redis.unlink(key).catch(() => {});
  }
}
