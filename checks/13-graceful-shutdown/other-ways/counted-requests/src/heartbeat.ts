import type { Redis } from 'ioredis';
import type { PriceList } from './prices.ts';

const everyMs = 250;

/** Asks Redis again and again, and loads the price list as soon as that goes. */
export class Heartbeat {
  #lastPong = Number.NEGATIVE_INFINITY;
  #warm = false;

  constructor(redis: Redis, prices: PriceList) {
    const beat = async () => {
      try {
        if (!this.#warm) await prices.load(redis);
        this.#warm = true;
        await redis.ping();
        this.#lastPong = performance.now();
      } catch {
        this.#lastPong = Number.NEGATIVE_INFINITY;
      }
      setTimeout(beat, everyMs);
    };
    void beat();
  }

  get isFine(): boolean {
    return performance.now() - this.#lastPong < 4 * everyMs;
  }
}
