import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

const retryAfterMs = 250;
const refreshEveryMs = 1_000;

/** The events that are sold out. The box office keeps the list in Redis; a copy saves each request a round trip. */
export class SoldOut {
  #events: Set<string> | undefined;

  get loaded(): boolean {
    return this.#events !== undefined;
  }

  has(event: string): boolean {
    return this.#events?.has(event) ?? false;
  }

  /** Resolves when there is a list. From then on it is read again every second. */
  async load(redis: Redis): Promise<void> {
    while (!this.loaded) {
      await this.#read(redis);
      if (!this.loaded) await delay(retryAfterMs);
    }
    setInterval(() => void this.#read(redis), refreshEveryMs).unref();
  }

  /** Without Redis the list stays as it is. */
  async #read(redis: Redis): Promise<void> {
    const events = await redis.smembers('encore:sold-out').catch(() => undefined);
    if (events) this.#events = new Set(events);
  }
}
