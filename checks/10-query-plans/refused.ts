import type { Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder } from './steps.ts';

export async function badOrdersAreRefused(t: Stage, visitor: Visitor): Promise<void> {
  t.trail.begin();
  for (const seats of [0, 9])
    (await visitor.post('/orders', newOrder({ seats }))).mustBe(400, {
      because: 'The table has a constraint for the seats, and an order that breaks it is the visitor’s mistake.',
      lookAt:
        'what becomes of an error of PostgreSQL: its code, and the connection on which it came? One that was in a transaction needs a ROLLBACK.',
    });
  const right = newOrder();
  for (const change of [
    ...['reference', 'email', 'city'].flatMap((name) =>
      [undefined, null, '', 7, ['oslo']].map((value) => ({ [name]: value })),
    ),
    ...[undefined, null, 1.5, '2', -1, true].map((seats) => ({ seats })),
    ...[undefined, null, 1.5, '9000', -1, 2_147_483_648, 3_000_000_000].map((totalCents) => ({ totalCents })),
  ])
    (await visitor.post('/orders', { ...right, ...change })).mustBe(400, {
      because: `This is no order: ${inWords(change)}.`,
      lookAt: 'what is checked before the order is written?',
    });
  const headers = { 'content-type': 'application/json' };
  for (const body of ['[]', 'null', '{"reference":'])
    (await visitor.post('/orders', body, { headers })).mustBe(400, {
      because: `The body is ${body}, which is no order.`,
      lookAt: 'what does the app make of a body that is no object, and of an error of the parser?',
    });
}

/** The table takes any text but an empty one, so whoever wants more refuses orders that are good. */
export async function anyTextIsGood(t: Stage, visitor: Visitor): Promise<void> {
  for (const change of [
    { email: 'box office' },
    { email: 'ada@home@example.org' },
    { email: 'zoë@müller.example' },
    { city: 'Saint-Louis-du-Ha! Ha!' },
    { reference: `№ ${Math.random()} / 7` },
  ]) {
    t.trail.begin();
    (await visitor.post('/orders', newOrder(change))).mustBe(201, {
      because: `${inWords(change)} is a text that is not empty, and that is all that the contract asks of it.`,
      lookAt: 'which texts does the app refuse that the table would take?',
    });
  }
}

function inWords(change: object): string {
  const [[name, value] = []] = Object.entries(change);
  return value === undefined ? `it has no ${name}` : JSON.stringify(change);
}
