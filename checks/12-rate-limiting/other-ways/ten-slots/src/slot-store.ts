import { randomUUID } from 'node:crypto';
import type { IncrementResponse, Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';

export interface Slots {
  prefix: string;
  limit: number;
  windowS: number;
}

/** Redis is away, so nobody knows which slots are taken. */
export class StoreError extends Error {}

/**
 * A client has as many slots as may pass. Each is a key that Redis deletes a window after somebody has taken it, and that only one
 * can set. Whoever finds no free one is refused.
 */
export class SlotStore implements Store {
  readonly prefix: string;
  readonly #slots: Slots;
  readonly #redis: Redis;
  /** What this process has taken and may have to give back, by client: names of slots and what stands in them. */
  readonly #taken = new Map<string, { slot: string; token: string }[]>();

  constructor(redis: Redis, slots: Slots) {
    this.prefix = slots.prefix;
    this.#slots = slots;
    this.#redis = redis;
  }

  async increment(key: string): Promise<IncrementResponse> {
    try {
      return await this.#take(key);
    } catch (error) {
      throw new StoreError('Redis does not answer', { cause: error });
    }
  }

  async #take(key: string): Promise<IncrementResponse> {
    const { limit, windowS } = this.#slots;
    const names = Array.from({ length: limit }, (_, n) => `${this.prefix}${key}:${n}`);
    for (;;) {
      const free = (await this.#redis.mget(names)).flatMap((value, n) => (value === null ? [n] : []));
      if (free.length === 0) return { totalHits: limit + 1, resetTime: await this.#nextFree(names) };
      const slot = names[free[Math.floor(Math.random() * free.length)] as number] as string;
      const token = randomUUID();
      if ((await this.#redis.set(slot, token, 'PX', windowS * 1_000, 'NX')) === null) continue; // Somebody was faster.
      this.#remember(key, { slot, token }, windowS);
      return { totalHits: limit - free.length + 1, resetTime: await this.#nextFree(names) };
    }
  }

  async #nextFree(names: string[]): Promise<Date> {
    const times = await Promise.all(names.map((name) => this.#redis.pttl(name)));
    return new Date(Date.now() + Math.min(...times.filter((ms) => ms > 0), this.#slots.windowS * 1_000) + 1);
  }

  #remember(key: string, taken: { slot: string; token: string }, windowS: number): void {
    this.#taken.set(key, [...(this.#taken.get(key) ?? []), taken]);
    setTimeout(() => this.#forget(key, taken), windowS * 1_000).unref();
  }

  #forget(key: string, taken: object): void {
    const others = (this.#taken.get(key) ?? []).filter((one) => one !== taken);
    if (others.length > 0) this.#taken.set(key, others);
    else this.#taken.delete(key);
  }

  async decrement(key: string): Promise<void> {
    const taken = this.#taken.get(key)?.at(-1);
    if (!taken) return;
    this.#forget(key, taken);
    if ((await this.#redis.get(taken.slot)) === taken.token) await this.#redis.del(taken.slot);
  }

  async resetKey(): Promise<void> {}
}
