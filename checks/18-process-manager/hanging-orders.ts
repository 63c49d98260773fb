import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, RedisDoor, Stage } from '../harness/sdk/index.ts';
import { ask } from './ask.ts';
import { orderOf, storedOrders } from './orders.ts';

/** In front of the ids of these orders. */
const kind = 'hung';
const orders = 4;
/** Redis hangs until the last pause is over: whether an app waits for one second or for four, it has given up on some by then. */
const everyMs = 1_200;

/** Line 2, where Redis says nothing for some seconds. Who gets no confirmation is no matter here. */
export async function mustStoreOnce(t: Stage, app: Instance, door: RedisDoor): Promise<void> {
  door.pause();
  const asked = [];
  for (let n = 0; n < orders; n++) {
    const order = orderOf(kind);
    const reply = ask(app, '/orders', { method: 'POST', body: order });
    asked.push(reply.then(({ status }) => ({ id: order.id, status })));
    await delay(everyMs);
  }
  door.resume();
  const confirmed = (await Promise.all(asked)).filter(({ status }) => status === 201);
  const stored = await storedOrders(t.redis, kind);
  const timesOf = ({ id }: { id: string }) => stored.get(id) ?? 0;
  t.trail.begin(`Redis hangs for ${(orders * everyMs) / 1_000} s, and ${orders} × POST /orders meanwhile`);
  const expected = `each of ${confirmed.length} confirmed orders once in encore:orders`;
  const twice = confirmed.filter((order) => timesOf(order) > 1).length;
  t.require(twice === 0, {
    expected,
    seen: `${twice} of them more than once`,
    because:
      'An order was sent to Redis again, and the first command was done as well. A command that has timed out is not taken back: Redis does it when it goes on.',
    lookAt: 'what does the app do when Redis gives no reply in time, and does it know then that nothing is stored?',
  });
  const missing = confirmed.filter((order) => timesOf(order) === 0).length;
  t.require(missing === 0, {
    expected,
    seen: `${missing} of them not at all`,
    because: 'Customers have a confirmation for an order that nobody has.',
    lookAt: 'is the order stored before it is confirmed?',
  });
}
