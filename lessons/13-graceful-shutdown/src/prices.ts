import type { Redis } from 'ioredis';

/** What a ticket costs, by event. The box office keeps the list in Redis; we load it once. */
export class PriceList {
  #cents = new Map<string, number>();

  async load(redis: Redis): Promise<void> {
    const list = await redis.hgetall('encore:prices');
    this.#cents = new Map(Object.entries(list).map(([event, cents]) => [event, Number(cents)]));
  }

  /** In cents, or undefined for an event that we don't sell. */
  of(event: string): number | undefined {
    return this.#cents.get(event);
  }
}
