import { setTimeout as delay } from 'node:timers/promises';
import type { RedisDoor } from '../harness/sdk/index.ts';

/** A request is whole, and its answer is not: an app that counts requests has nothing left to wait for. */
export async function whileRedisIsLate<T>(door: RedisDoor, ms: number, act: () => Promise<T>): Promise<T> {
  door.holdReplies();
  const acted = act();
  await Promise.race([acted, delay(ms)]);
  door.resume();
  return acted;
}
