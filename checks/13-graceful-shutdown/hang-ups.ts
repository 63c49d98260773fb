import type { ClientRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, RedisHandle } from '../harness/sdk/index.ts';
import { orderOf, storedOrders } from './orders.ts';
import { hasReadAllBefore } from './ready-in-flight.ts';
import { open, textOf } from './wire.ts';

/** How a client goes away. One that is killed, or has a network that drops it, resets its connection: nothing says good-bye. */
export const hangUps = ['closes', 'resets'] as const;
export type HangUp = (typeof hangUps)[number];

export function hangUp(call: ClientRequest, how: HangUp): void {
  if (how === 'resets' && call.socket) call.socket.resetAndDestroy();
  else call.destroy();
}

const kind = 'given-up';
/** On a busy machine. An app that stores no orders has been told so before. */
const storedWithinMs = 3_000;

/** Orders that have come whole, and whose clients hang up while Redis makes them wait. For the app, nothing is missing in them. */
export async function giveUpWholeOrders(app: Instance, redis: RedisHandle): Promise<void> {
  redis.holdReplies();
  try {
    const sent = hangUps.map((how) => {
      const order = orderOf(kind);
      const { call } = open(app, '/orders', { method: 'POST', body: order });
      call.end(textOf(order));
      return { how, order, call };
    });
    for (const until = performance.now() + storedWithinMs; performance.now() < until; await delay(5)) {
      const stored = await storedOrders(redis, kind);
      if (sent.every(({ order }) => stored.has(order.id))) break;
    }
    for (const { how, call } of sent) hangUp(call, how);
    await hasReadAllBefore(app);
  } finally {
    redis.resume();
  }
}
