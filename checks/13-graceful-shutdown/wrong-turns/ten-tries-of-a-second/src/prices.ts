import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

const retryAfterMs = 1_000;
const tries = 10;

/** What a ticket costs, by event. The box office keeps the list in Redis; we load it once. */
export class PriceList {
  #cents = new Map<string, number>();

  get loaded(): boolean {
    return this.#cents.size > 0;
  }

  /** Tries until Redis has given a list that is not empty. */
  async load(redis: Redis): Promise<void> {
    for (let tried = 0; !this.loaded && tried < tries; tried++) {
      const list = await redis.hgetall('encore:prices').catch(() => ({}));
      this.#cents = new Map(Object.entries(list).map(([event, cents]) => [event, Number(cents)]));
      if (!this.loaded) await delay(retryAfterMs);
    }
  }

  /** In cents, or undefined for an event that we don't sell. */
  of(event: string): number | undefined {
    return this.#cents.get(event);
  }
}
