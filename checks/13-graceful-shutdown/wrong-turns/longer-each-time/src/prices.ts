import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

const retryAfterMs = 250;

/** What a ticket costs, by event. The box office keeps the list in Redis; we load it once. */
export class PriceList {
  #cents = new Map<string, number>();

  get loaded(): boolean {
    return this.#cents.size > 0;
  }

  /** Tries until Redis has given a list that is not empty. */
  async load(redis: Redis): Promise<void> {
    for (let attempt = 1; !this.loaded; attempt++) {
      const list = await redis.hgetall('encore:prices').catch(() => ({}));
      this.#cents = new Map(Object.entries(list).map(([event, cents]) => [event, Number(cents)]));
      if (!this.loaded) await delay(attempt * retryAfterMs);
    }
  }

  /** In cents, or undefined for an event that we don't sell. */
  of(event: string): number | undefined {
    return this.#cents.get(event);
  }
}
