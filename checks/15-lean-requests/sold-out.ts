import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';
import { seatsIn } from './seats.ts';

const atOnce = 20;
const most = 8;

/** All seats of a show, and one more. */
export async function soldOut(t: Stage, app: Instance): Promise<void> {
  const show = '20';
  const order = (seats: number) => ask(t, app, 'POST', '/orders', { body: { show, seats } });
  let left = Number(await seatsIn(t, app, '/shows', show, 'identity'));
  while (left >= most) {
    const orders = Array.from({ length: Math.max(1, Math.min(atOnce, Math.floor((left - 1) / most))) }, () =>
      order(left > most ? most : 1),
    );
    for (const reply of await Promise.all(orders)) {
      mustBe(t, reply, 201);
      left -= reply.json?.seats;
    }
    t.trail.begin();
  }
  t.trail.begin(`when ${left} seats of show ${show} are left`);
  const oversold = {
    because: 'There are not so many seats left, and the app has sold them.',
    lookAt: 'what looks at the seats that are left, and does something else happen between that and the sale?',
  };
  mustBe(t, await order(left + 1), 409, oversold);
  const both = await Promise.all([order(left), order(left)]);
  for (const reply of both) mustBe(t, reply, [201, 409]);
  t.require(both.filter(({ status }) => status === 201).length === 1, {
    expected: `one 201 and one 409 for two orders of ${left} seats`,
    seen: both.map(({ status }) => status).join(' and '),
    ...(both.some(({ status }) => status === 201)
      ? oversold
      : {
          because: 'So many seats are left, and nobody gets them.',
          lookAt: 'may an order take the last seats of a show?',
        }),
  });
  mustBe(t, await order(1), 409, oversold);
  const now = await seatsIn(t, app, '/shows', show, 'identity');
  t.require(now === 0, { expected: '0 seats left', seen: String(now) });
}
