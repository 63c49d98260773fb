import { setTimeout as sleep } from 'node:timers/promises';
import { isRedisAway } from './redis.ts';

const times = 3;
const pauseMs = 100;

/** Does it again if Redis was away: most outages are a reconnection, and over before the customer notices. */
export async function tried<T>(command: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await command();
    } catch (error) {
      if (n === times || !isRedisAway(error)) throw error;
      await sleep(pauseMs);
    }
  }
}
