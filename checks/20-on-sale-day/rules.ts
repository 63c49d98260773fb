import { directivesIn, type ExamDefinition } from '../harness/sdk/index.ts';
import { header, jsonOf } from './ask.ts';
import { emailOf } from './customers.ts';
import { mustBeListedAtOnce } from './listed.ts';
import type { Minute } from './minute.ts';
import { mustKeepFromOthers } from './others-orders.ts';
import { mustOutliveTheSale } from './outlives-the-sale.ts';

/** So many at a time are read again. */
const readers = 10;

export function declareRules(rule: ExamDefinition<Minute>['rule']): void {
  rule(
    'oversell',
    'Rule 1: no event has more orders than seats',
    {
      because:
        'Two orders saw the same last seats, and both took them. Between reading how many are left and writing the order, others do the same.',
      lookAt: 'is there one statement that takes the seats only if they are left? (lesson 10)',
    },
    async (t, { accepted }) => {
      const rows = await t.postgres.query<{ id: number; title: string; seats: number; sold: number }>(
        `SELECT events.id, title, events.seats, coalesce(sum(orders.seats), 0)::int AS sold
         FROM events LEFT JOIN orders ON orders.event_id = events.id WHERE on_sale GROUP BY events.id ORDER BY events.id`,
      );
      t.step(`${accepted.length} orders accepted in the minute, and all seats of all orders added up`);
      const over = rows.find(({ seats, sold }) => sold > seats);
      t.require(!over, {
        expected: `at most ${over?.seats} seats sold of “${over?.title}”`,
        seen: `${over?.sold} seats sold`,
      });
      for (const { id, title, seats } of rows) {
        const told = accepted.filter(({ event }) => event === id).reduce((sum, order) => sum + order.seats, 0);
        t.require(told <= seats, {
          expected: `201 for at most ${seats} seats of “${title}”`,
          seen: `${told} seats were answered with 201`,
        });
      }
    },
  );

  rule(
    'lost-orders',
    'Rule 2: every accepted order can be read by its customer',
    {
      limitMs: 60_000,
      because: 'A customer has a 201, and nobody has the order.',
      lookAt:
        'what is stored before 201 is sent, and what happens to it when the process ends just then? (lessons 13, 14)',
    },
    async (t, { accepted, customers }) => {
      const left = [...accepted];
      const lost: string[] = [];
      let unread = 0;
      const reader = async () => {
        for (let order = left.pop(); order; order = left.pop()) {
          const { id, who, event, seats } = order;
          const customer = customers.find(({ number }) => number === who);
          const answer = await customer?.ask(t.url, { path: `/orders/${id}` });
          // A session that is gone is part 1's, and no lost order: the row tells.
          if (answer?.status === 200) {
            const shown = jsonOf(answer);
            if (shown?.id === id && shown.seats === seats && shown.event?.id === event) continue;
            lost.push(`order ${id} is shown with other content`);
            continue;
          }
          const [row] = await t.postgres
            .query('SELECT 1 FROM orders WHERE id = $1 AND customer_id = $2 AND event_id = $3 AND seats = $4', [
              id,
              who,
              event,
              seats,
            ])
            .catch(() => []);
          if (row) unread++;
          else
            lost.push(
              `order ${id}: GET /orders/${id} was ${answer?.status || 'not answered'}, and it is not in PostgreSQL`,
            );
        }
      };
      await Promise.all(Array.from({ length: readers }, reader));
      t.step(`GET /orders/:id for each of ${accepted.length} accepted orders, as its customer`);
      t.require(lost.length === 0, {
        expected: `all ${accepted.length} orders`,
        seen: `${lost.length} lost, such as: ${lost[0]}`,
      });
      await mustBeListedAtOnce(t, customers);
      await mustOutliveTheSale(t, customers);
      // Nobody could read anything: then the rule was not judged by its words.
      if (accepted.length > 0 && unread > accepted.length / 2)
        t.step(`${unread} of them were read in PostgreSQL only, because their sessions are gone`);
    },
  );

  rule(
    'privacy',
    'Rule 3: nobody sees another customer’s data',
    {
      because: 'What belongs to one customer was shown to another, or may be kept by a cache that serves everybody.',
      lookAt:
        'what is shared between requests: a variable, a key without the customer, a cacheable answer? (lessons 3, 4, 6)',
    },
    async (t, { asked, customers }) => {
      const owners = new Map(
        (
          await t.postgres.query<{ id: number; customer_id: number }>(
            'SELECT id, customer_id FROM orders WHERE customer_id <= 400',
          )
        ).map(({ id, customer_id }) => [id, customer_id]),
      );
      for (const answer of asked) {
        if (answer.who === undefined || answer.status !== 200) continue;
        const { route, who } = answer;
        const shown = jsonOf(answer);
        if (route === 'GET /me')
          t.require(shown?.email === emailOf(who), {
            step: `GET /me of ${emailOf(who)}`,
            expected: emailOf(who),
            seen: String(shown?.email),
          });
        const orders: { id: number }[] =
          route === 'GET /orders' ? (shown?.orders ?? []) : route === 'GET /orders/:id' ? [shown] : [];
        const foreign = orders.find(({ id }) => owners.get(id) !== who);
        t.require(!foreign, {
          step: `${route} of ${emailOf(who)}`,
          expected: 'own orders only',
          seen: `order ${foreign?.id}, which is customer ${owners.get(foreign?.id ?? 0)}'s`,
        });
        if (!/^GET \/(me|orders)/.test(route)) continue;
        const said = header(answer.headers, 'cache-control') ?? '';
        t.require(!isShared(said), {
          step: `${route} of ${emailOf(who)}`,
          expected: 'nothing that a shared cache may keep',
          seen: `Cache-Control: ${said}`,
        });
      }
      const [one, other] = customers.filter(({ isLoggedIn }) => isLoggedIn);
      const orders = [...owners].filter(([, who]) => who === one?.number).map(([id]) => id);
      if (one && other && orders.length > 0) await mustKeepFromOthers(t, { one, other, orders });
    },
  );
}

function isShared(cacheControl: string): boolean {
  const said = directivesIn(cacheControl);
  if (said.has('private') || said.has('no-store')) return false;
  return said.has('public') || said.has('s-maxage') || said.has('max-age');
}
