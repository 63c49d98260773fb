import { type Answer, type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import { cityPath, newOrder } from './steps.ts';

const attack = `'; DELETE FROM orders WHERE city = 'helgoland'; --`;

/** Sent as a city and as an e-mail. */
const names = [
  `x' OR 'a'='a`,
  `x\\' OR 1=1 --`,
  `x' UNION SELECT id, reference, email, city, seats, total_cents, placed_at FROM orders --`,
  `x${attack}`,
];

/** What can only be a fault of the visitor, in each of the other places. */
const queries = [
  ...['sideways', 'DESC', 'toString', ''].map((sort) => ({ sort })),
  ...['desc, id', `asc${attack}`, '(SELECT 1)', 'desc LIMIT 1 --', '__proto__'].map((sort) => ({ sort })),
  ...['20; DELETE FROM orders', '20 OFFSET 5', `20${attack}`].map((limit) => ({ limit })),
  ...[attack, Buffer.from(attack).toString('base64url')].map((after) => ({ after })),
];

export function injectionBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'injection',
    'nothing that a visitor sends becomes a part of a statement',
    {
      because: 'What the visitor sent was put into the text of the statement, and PostgreSQL executed it.',
      lookAt: 'which parts of a statement are written by a visitor? Values can be parameters ($1); what can’t be one?',
    },
    async (t) => {
      const visitor = t.visitor();
      const before = await ordersOfHelgoland(t);
      const unharmed = async () => {
        const now = await ordersOfHelgoland(t).catch(() => 0);
        t.require(now === before, { expected: `the ${before} orders of helgoland to be there still`, seen: `${now}` });
      };
      for (const text of names) {
        for (const name of ['city', 'email']) {
          t.trail.begin();
          const { status, json } = await visitor.get(`/orders?${name}=${encodeURIComponent(text)}`);
          const none = status === 400 || (status === 200 && json?.orders?.length === 0);
          t.require(none, {
            expected: `no orders: no ${name} has this name`,
            seen: `${status} ${excerpt(JSON.stringify(json) ?? '')}`,
          });
          await unharmed();
        }
      }
      for (const query of queries) {
        t.trail.begin();
        const answer = await visitor.get(cityPath('helgoland', query));
        await unharmed();
        answer.mustBe(400, reasonOf(answer));
      }
      t.trail.begin();
      const report = await visitor.get(`/reports/daily?day=${encodeURIComponent(`2025-02-14${attack}`)}`);
      await unharmed();
      report.mustBe(400, reasonOf(report));
      const order = newOrder({ email: `o'hara@example.org`, city: `x', 'y', 1, 1)${attack}` });
      const placed = await visitor.post('/orders', order);
      await unharmed();
      placed.mustBe(201);
      t.require(placed.json?.city === order.city && placed.json.email === order.email, {
        expected: `the order with the city and the email as they were sent`,
        seen: excerpt(placed.text, 160),
      });
    },
    { further: true },
  );
}

/** An answer of 200 says that it was accepted, and not that PostgreSQL saw it. */
function reasonOf({ status }: Answer) {
  if (status !== 200) return {};
  return {
    because: 'This is no value that the README names, and it was taken for one.',
    lookAt: 'what is checked before a statement is sent?',
  };
}

async function ordersOfHelgoland(t: Stage): Promise<number> {
  const [row] = await t.postgres.query<{ n: number }>(`SELECT count(*)::int AS n FROM orders WHERE city = 'helgoland'`);
  return row?.n ?? 0;
}
