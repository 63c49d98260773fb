import { randomUUID } from 'node:crypto';
import type { RedisHandle } from '../harness/sdk/index.ts';

export interface Order {
  id: string;
  event: string;
  seats: number;
}

/** What the settings of this lesson say. */
export const cents: Readonly<Record<string, number>> = {
  berlin: 8_900,
  oslo: 9_500,
  lisbon: 7_200,
  vienna: 8_400,
  'são-paulo': 6_600,
};
export const feeCents = 250;

const events = Object.keys(cents);

/** @param kind in front of its id, so that orders of one kind can be counted. */
export function orderOf(kind: string): Order {
  const n = Math.floor(Math.random() * events.length);
  return { id: `${kind}-${randomUUID()}`, event: events[n] as string, seats: 1 + n };
}

/** How often each order whose id begins so is stored. */
export async function storedOrders(redis: RedisHandle, kind: string): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  for (const text of await redis.client.lrange('encore:orders', 0, -1)) {
    const { id } = JSON.parse(text) as Order;
    if (id.startsWith(`${kind}-`)) stored.set(id, (stored.get(id) ?? 0) + 1);
  }
  return stored;
}
