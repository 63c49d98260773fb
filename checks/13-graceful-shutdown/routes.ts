import type { CheckDefinition } from '../harness/sdk/index.ts';
import { orderOf, prices, storedOrders } from './orders.ts';

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
      for (const [event, cents] of Object.entries(prices)) {
        const { json, text } = (await visitor.get(`/prices/${encodeURIComponent(event)}`)).mustBe(200);
        t.require(json?.cents === cents, { expected: `"cents":${cents}`, seen: text.slice(0, 80) });
      }
      (await visitor.get('/prices/constructor')).mustBe(404);
      const order = orderOf('answers');
      const { json, text } = (await visitor.post('/orders', order, { on: 1 })).mustBe(201);
      const totalCents = order.seats * (prices[order.event] ?? 0);
      t.require(json?.totalCents === totalCents && json.id === order.id, {
        expected: `the order with "totalCents":${totalCents}`,
        seen: text.slice(0, 80),
      });
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
      (await visitor.post('/orders', { ...order, event: 'constructor' })).mustBe(400);
    },
  );
}
