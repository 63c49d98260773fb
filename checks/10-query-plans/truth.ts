import { isDeepStrictEqual } from 'node:util';
import { type CheckDefinition, excerpt } from '../harness/sdk/index.ts';
import { cityPath, newOrder, type Order, ordersAt, pageSize } from './steps.ts';

const otherOrder = {
  because:
    'The right orders are there, and in another order. Sorted by id is not sorted by time: an import writes in an order of its own.',
  lookAt: 'what does the statement sort by, and what does the README say?',
};

/** What is answered is what is in the table. */
export function truthBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'answers',
    'the lists and the report say what is in the table',
    {
      because: 'The answer is not what the table holds: faster must not mean something else.',
      lookAt: 'the statement behind this route: its conditions, its order, its limit',
    },
    async (t) => {
      const visitor = t.visitor();
      const inTable = async (where: string, order: string, count: number, value: string) =>
        t.postgres.query<Order>(
          `SELECT id, reference, email, city, seats, total_cents AS "totalCents", placed_at AS "placedAt"
           FROM orders WHERE ${where} ORDER BY placed_at ${order}, id ${order} LIMIT ${count}`,
          [value],
        );
      const sameOrders = (seen: Order[], rows: Order[]) => {
        const expected = JSON.parse(JSON.stringify(rows)) as Order[];
        t.require(seen.length === expected.length, {
          expected: `${expected.length} orders`,
          seen: `${seen.length} orders`,
        });
        for (const [at, order] of expected.entries()) {
          const right = Object.entries(order).every(([name, value]) =>
            isDeepStrictEqual((seen[at] as never)?.[name], value),
          );
          t.require(right, {
            expected: JSON.stringify(order),
            seen: excerpt(JSON.stringify(seen[at]), 200),
            ...(seen.some(({ id }) => id === order.id) ? otherOrder : {}),
          });
        }
      };
      for (const email of [
        'customer4711@example.org',
        'desk@agency.example',
        "o'brien@example.org",
        'kiosk@kiel.example',
        'nobody@example.org',
      ]) {
        const { orders } = await ordersAt(t, visitor, `/orders?email=${encodeURIComponent(email)}`);
        sameOrders(orders, await inTable('email = $1', 'DESC', 50, email));
      }
      for (const city of ['berlin', 'helgoland', "l'aquila", 'kiel', 'atlantis']) {
        for (const sort of ['desc', 'asc']) {
          const { orders, next } = await ordersAt(t, visitor, cityPath(city, { sort }));
          sameOrders(orders, await inTable('city = $1', sort, pageSize, city));
          t.require((next !== '') === ['berlin', "l'aquila", 'kiel'].includes(city), {
            expected:
              orders.length < pageSize ? 'next to be null: this is the last page' : 'a next, for there are more',
            seen: `next: ${JSON.stringify(next || null)}`,
          });
        }
      }
      const day = '2025-02-14';
      const { json } = (await visitor.get(`/reports/daily?day=${day}`)).mustBe(200);
      const cities = await t.postgres.query(
        `SELECT city, count(*)::int AS orders, sum(total_cents)::int AS "totalCents" FROM orders
         WHERE (placed_at AT TIME ZONE 'UTC')::date = $1::date GROUP BY city ORDER BY city`,
        [day],
      );
      const sum = (of: 'orders' | 'totalCents') => cities.reduce((total, city) => total + city[of], 0);
      const expected = { day, orders: sum('orders'), totalCents: sum('totalCents'), cities };
      for (const [name, value] of Object.entries(expected)) {
        t.require(isDeepStrictEqual(json?.[name], value), {
          expected: `"${name}": ${excerpt(JSON.stringify(value), 200)}`,
          seen: excerpt(JSON.stringify(json?.[name]) ?? 'nothing', 200),
        });
      }
      t.trail.splice(0);
      for (const bad of [
        '/orders',
        '/orders?city=oslo&limit=0',
        '/orders?city=oslo&limit=1001',
        '/orders?city=oslo&after=x',
      ]) {
        (await visitor.get(bad)).mustBe(400);
      }
      for (const bad of ['/reports/daily', '/reports/daily?day=2025-02-30']) (await visitor.get(bad)).mustBe(400);
      const { email: _, ...incomplete } = newOrder();
      (await visitor.post('/orders', incomplete)).mustBe(400);
    },
  );

  behaviour(
    'seen-at-once',
    'a new order is in both lists and in the report at once, and its reference works once',
    {
      because: 'The order was confirmed with 201, and somebody who looks now does not see it.',
      lookAt: 'which of these answers come from somewhere else than the table, and who brings that up to date?',
    },
    async (t) => {
      const visitor = t.visitor();
      const place = async () => {
        const order = newOrder({ city: 'ghent', email: 'grace@example.org' });
        const { json } = (await visitor.post('/orders', order)).mustBe(201, {
          because: 'A good order is not answered with 201.',
          lookAt: 'what does POST /orders do, and what does PostgreSQL say to it?',
        });
        const right = Object.entries(order).every(([name, value]) => json?.[name] === value);
        const expected = `the order, with id and placedAt`;
        t.require(right && json?.id && json.placedAt, { expected, seen: excerpt(JSON.stringify(json) ?? '', 200) });
        return json as Order;
      };
      const inReport = async (day: string) => {
        const { json } = (await visitor.get(`/reports/daily?day=${day}`)).mustBe(200);
        const ghent = json?.cities?.find?.((one: { city?: string }) => one?.city === 'ghent');
        return `${json?.orders} orders of ${json?.totalCents} cents, ${ghent?.orders} of ${ghent?.totalCents} in ghent`;
      };
      // Twice, if midnight comes between the two.
      for (let attempt = 1; attempt <= 2; attempt++) {
        t.trail.splice(0);
        const first = await place();
        const day = first.placedAt.slice(0, 10);
        const before = await inReport(day);
        const second = await place();
        if (second.placedAt.slice(0, 10) !== day) continue;
        const [orders = 0, cents = 0, inGhent = 0, centsInGhent = 0] = (before.match(/\d+/g) ?? []).map(Number);
        const after = await inReport(day);
        const expected = `${orders + 1} orders of ${cents + 9_000} cents, ${inGhent + 1} of ${centsInGhent + 9_000} in ghent`;
        t.require(after === expected, { expected, seen: after });
        for (const path of ['/orders?email=grace@example.org', '/orders?city=ghent']) {
          const { orders: list } = await ordersAt(t, visitor, path);
          t.require(list[0]?.id === second.id && list[1]?.id === first.id, {
            expected: `the new orders ${second.id} and ${first.id} on top`,
            seen:
              list
                .slice(0, 2)
                .map((order) => order?.id)
                .join(' and ') || 'no orders',
          });
        }
        const twice = {
          because: 'The till sent an order twice, and the customer pays twice.',
          lookAt: 'what makes a reference unique?',
        };
        (await visitor.post('/orders', newOrder({ reference: second.reference }))).mustBe(409, twice);
        (await visitor.post('/orders', newOrder({ seats: 9 }))).mustBe(400, {
          because: 'The table has a constraint for the seats, and an order that breaks it is the visitor’s mistake.',
          lookAt:
            'what becomes of an error of PostgreSQL: its code, and the connection on which it came? One that was in a transaction needs a ROLLBACK.',
        });
        return;
      }
    },
  );
}
