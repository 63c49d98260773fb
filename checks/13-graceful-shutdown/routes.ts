import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { type Order, orderOf, prices, storedOrders } from './orders.ts';

/** How long two orders may take to a board, on a busy machine. */
const toldWithinMs = 5_000;

export function routeBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'answers',
    'prices, orders and the two health routes answer',
    {
      because: 'An answer is not what the README says.',
      lookAt: 'the routes in the README: were they answered like that before your change?',
    },
    async (t) => {
      const visitor = t.visitor();
      (await visitor.get('/live', { on: 1 })).mustBe(200);
      await t.until('GET /ready to be 200', async () => (await visitor.get('/ready', { on: 1 })).status === 200);
      // An instance that says so too early is judged by line 7.
      for (const on of [1, 2, 3])
        await t.until('the price of Berlin', async () => (await visitor.get('/prices/berlin', { on })).status === 200);
      t.trail.begin();
      // Past the balancer's opinion: on a busy machine it may have found nobody ready for a moment, and says 503 itself.
      for (const [event, cents] of Object.entries(prices)) {
        const { json, text } = (await visitor.get(`/prices/${encodeURIComponent(event)}`, { on: 1 })).mustBe(200);
        t.require(json?.cents === cents && json.event === event, {
          expected: `"event":"${event}" and "cents":${cents}`,
          seen: text.slice(0, 80),
        });
      }
      (await visitor.get('/prices/constructor', { on: 1 })).mustBe(404);
      const order = orderOf('answers');
      const { json, text } = (await visitor.post('/orders', order, { on: 1 })).mustBe(201);
      const totalCents = order.seats * (prices[order.event] ?? 0);
      const whole: Record<string, unknown> = { ...order, totalCents };
      t.require(
        Object.keys(whole).every((key) => json?.[key] === whole[key]),
        {
          expected: `the order with "totalCents":${totalCents}`,
          seen: text.slice(0, 80),
        },
      );
      const stored = (await storedOrders(t.redis, 'answers')).get(order.id) ?? 0;
      t.require(stored === 1, { expected: 'the order once in the list encore:orders', seen: `${stored} times` });
      (await visitor.post('/orders', order, { on: 1 })).mustBe(201);
      const again = (await storedOrders(t.redis, 'answers')).get(order.id) ?? 0;
      t.require(again === 2, {
        expected: 'the order twice in the list encore:orders, because it was sent twice',
        seen: `${again} times`,
        because:
          'An order that is sent again is dropped. That hides what a broken deploy does, and the README forbids it.',
        lookAt: 'what does POST /orders do with an id that it has seen?',
      });
      for (const wrong of [{ event: 'constructor' }, { id: undefined }, { seats: 0 }, { seats: 21 }])
        (await visitor.post('/orders', { ...order, ...wrong }, { on: 1 })).mustBe(400);
      t.trail.begin('GET /sales on instance 1; then two orders there');
      await mustBeTold(t, t.app(1), async (order) => {
        (await visitor.post('/orders', order, { on: 1 })).mustBe(201);
      });
    },
  );
}

/** A board gets each order, not only the first. */
async function mustBeTold(t: Stage, app: Instance, sell: (order: Order) => Promise<void>): Promise<void> {
  const orders = [orderOf('board'), orderOf('board')];
  const isTold = () => orders.every(({ id }) => text.includes(id));
  let text = '';
  const whole = Promise.withResolvers<string>();
  const call = get(`${app.url}/sales`, (stream) => {
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (isTold()) whole.resolve('');
    });
    stream.on('close', () => whole.resolve('and then its end'));
  }).on('error', () => whole.resolve('and the connection broke'));
  try {
    await once(call, 'response', { signal: AbortSignal.timeout(toldWithinMs) }).catch(() => whole.resolve('no answer'));
    for (const order of orders) await sell(order);
    const end = await Promise.race([whole.promise, delay(toldWithinMs, 'and no more', { ref: false })]);
    const told = orders.filter(({ id }) => text.includes(id)).length;
    t.require(isTold(), { expected: 'both orders in the stream', seen: `${told} of 2, ${end}` });
  } finally {
    call.destroy();
  }
}
