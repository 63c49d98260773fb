import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { PriceList } from './prices.ts';

/** Between two looks, and for each of them. */
const lookMs = 200;
const failuresInARow = 3;

/** Asks Redis again and again, and loads the price list as soon as that goes. One late reply takes no instance out of the balancer. */
export class Heartbeat {
  #warm = false;
  #failures = 0;

  constructor(redis: Redis, prices: PriceList) {
    const beat = async () => {
      try {
        if (!this.#warm) await prices.load(redis);
        this.#warm = true;
        const reply = await Promise.race([redis.ping(), delay(lookMs)]);
        this.#failures = reply === 'PONG' ? 0 : this.#failures + 1;
      } catch {
        this.#failures++;
      }
      setTimeout(beat, lookMs);
    };
    void beat();
  }

  get isFine(): boolean {
    return this.#warm && this.#failures < failuresInARow;
  }
}
