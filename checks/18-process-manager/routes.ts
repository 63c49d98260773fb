import { type CheckDefinition, excerpt } from '../harness/sdk/index.ts';
import { pidIn } from './ask.ts';
import { cents, feeCents, orderOf } from './orders.ts';

/** The table of the README. */
export function routeBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'answers',
    'prices, orders, pictures and /live answer',
    {
      because: 'An answer is not what the table in the README says.',
      lookAt: 'the routes in the README: the starter has them all',
    },
    async (t) => {
      const visitor = t.visitor();
      for (const [event, each] of Object.entries(cents)) {
        const { json, text } = (await visitor.get(`/prices/${encodeURIComponent(event)}`)).mustBe(200);
        t.require(json?.event === event && json?.cents === each && json?.soldOut === false, {
          expected: `{"event":"${event}","cents":${each},"soldOut":false}`,
          seen: excerpt(text),
        });
      }
      (await visitor.get('/prices/constructor')).mustBe(404);
      const order = orderOf('routes');
      const totalCents = order.seats * (cents[order.event] ?? 0) + feeCents;
      const { json, text } = (await visitor.post('/orders', order)).mustBe(201);
      t.require(json?.id === order.id && json?.totalCents === totalCents, {
        expected: `the order, with "totalCents":${totalCents}`,
        seen: excerpt(text),
      });
      (await visitor.post('/orders', { ...order, seats: 0 })).mustBe(400);
      (await visitor.get('/pictures/oslo/A1')).mustBe(200);
      const live = (await visitor.get('/live')).mustBe(200);
      const pid = pidIn(live.text);
      t.require(
        t
          .app(1)
          .tree(0)
          .some((row) => row.pid === pid) || process.platform === 'win32',
        { expected: '"pid" of the process that answers', seen: excerpt(live.text) },
      );
    },
  );
}
