import { isDeepStrictEqual } from 'node:util';
import { type CheckDefinition, excerpt, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { importedDays, importShowsAtOnce } from './import.ts';
import { anyTextIsGood, badOrdersAreRefused } from './refused.ts';
import { reportsAreRight } from './reports.ts';
import { cityPath, newOrder, type Order, ordersAt, otherText, pageSize } from './steps.ts';

const otherOrder = {
  because:
    'The right orders are there, and in another order. Sorted by id is not sorted by time: an import writes in an order of its own.',
  lookAt: 'what does the statement sort by, and what does the README say?',
};

/** Who differ by a letter, an accent, a space, or by how an accent is written. */
const people = [
  'Ada.Lovelace@Example.org',
  'ada.lovelace@example.org',
  'Ada.Lovelace@Example.org ',
  'Zoë+2@Example.org',
  'rené@example.org'.normalize('NFD'),
];
const cities = ['Bodø', 'bodø', 'Bodø ', 'Orléans'.normalize('NFD')];
/** The most that the table's column holds. */
const mostCents = 2_147_483_647;

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
      const sameOrders = (seen: Order[], rows: Order[], teaching = {}) => {
        const expected = JSON.parse(JSON.stringify(rows)) as Order[];
        t.require(seen.length === expected.length, {
          expected: `${expected.length} orders`,
          seen: `${seen.length} orders`,
          ...teaching,
        });
        for (const [at, order] of expected.entries()) {
          const right = Object.entries(order).every(([name, value]) =>
            isDeepStrictEqual((seen[at] as never)?.[name], value),
          );
          t.require(right, {
            expected: JSON.stringify(order),
            seen: excerpt(JSON.stringify(seen[at]), 200),
            ...teaching,
            ...(seen.some(({ id }) => id === order.id) ? otherOrder : {}),
          });
        }
      };
      for (const email of [
        'customer4711@example.org',
        'desk@agency.example',
        "o'brien@example.org",
        'kiosk@kiel.example',
        'import@kiel.example',
        '%@example.org',
        'nobody@example.org',
      ]) {
        const { orders } = await ordersAt(t, visitor, `/orders?email=${encodeURIComponent(email)}`);
        sameOrders(orders, await inTable('email = $1', 'DESC', 50, email));
      }
      for (const email of people) {
        const { orders } = await ordersAt(t, visitor, `/orders?${new URLSearchParams({ email })}`);
        sameOrders(orders, await inTable('email = $1', 'DESC', 50, email), otherText);
      }
      for (const city of cities) {
        const { orders } = await ordersAt(t, visitor, cityPath(city, { limit: 30 }));
        sameOrders(orders, await inTable('city = $1', 'DESC', 30, city), otherText);
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
      for (const [city, limit, more] of [
        ['berlin', 1, true],
        ['berlin', 1_000, true], // The longest page, and it is not the last one.
        ['helgoland', 11, false], // All of them: the last page is full.
        ["l'aquila", 28, true],
        ['kiel', 1_000, false],
      ] as const) {
        const { orders, next } = await ordersAt(t, visitor, cityPath(city, { limit }));
        sameOrders(orders, await inTable('city = $1', 'DESC', limit, city));
        t.require((next !== '') === more, {
          expected: more ? 'a next, for there are more' : 'next to be null: there is no order after these',
          seen: `next: ${JSON.stringify(next || null)}`,
          because: 'A page that is full is not always followed by another one, and one that has a next must be.',
          lookAt: 'how does the app know whether there is a next page?',
        });
      }
      await reportsAreRight(t, visitor);
      t.trail.begin();
      for (const bad of [
        '/orders',
        '/orders?city=oslo&limit=0',
        '/orders?city=oslo&limit=1001',
        '/orders?city=oslo&limit=2.5',
        '/orders?city=oslo&limit=-1',
        '/orders?city=oslo&limit=',
        '/orders?city=oslo&limit=ten',
        '/orders?city=oslo&after=x',
      ]) {
        (await visitor.get(bad)).mustBe(400);
      }
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
      // Another number of seats and another price each: the least and the most that there can be.
      const place = async (change: Pick<Order, 'seats' | 'totalCents'>) => {
        const order = newOrder({ city: 'Ghent', email: 'Grace@Example.org', ...change });
        const { json } = (await visitor.post('/orders', order)).mustBe(201, {
          because: 'A good order is not answered with 201.',
          lookAt: 'what does POST /orders do, and what does PostgreSQL say to it?',
        });
        const right = Object.entries(order).every(([name, value]) => json?.[name] === value);
        const expected = `the order, with id and placedAt`;
        const seen = excerpt(JSON.stringify(json) ?? '', 200);
        const changed = (['reference', 'email', 'city'] as const).some((name) => json?.[name] !== order[name]);
        t.require(right && json?.id && json.placedAt, { expected, seen, ...(changed ? otherText : {}) });
        return json as Order;
      };
      const inReport = async (day: string) => {
        const { json } = (await visitor.get(`/reports/daily?day=${day}`)).mustBe(200);
        const ghent = json?.cities?.find?.((one: { city?: string }) => one?.city === 'Ghent');
        return `${json?.orders} orders of ${json?.totalCents} cents, ${ghent?.orders} of ${ghent?.totalCents} in Ghent`;
      };
      await anyTextIsGood(t, visitor);
      // Twice, if midnight comes between the two.
      for (let attempt = 1; attempt <= 2; attempt++) {
        t.trail.begin();
        const first = await place({ seats: 8, totalCents: 0 });
        const day = first.placedAt.slice(0, 10);
        const before = await inReport(day);
        const second = await place({ seats: 1, totalCents: mostCents });
        if (second.placedAt.slice(0, 10) !== day) continue;
        const [orders = 0, cents = 0, inGhent = 0, centsInGhent = 0] = (before.match(/\d+/g) ?? []).map(Number);
        const after = await inReport(day);
        const expected = `${orders + 1} orders of ${cents + mostCents} cents, ${inGhent + 1} of ${centsInGhent + mostCents} in Ghent`;
        t.require(after === expected, { expected, seen: after });
        for (const path of ['/orders?email=Grace@Example.org', '/orders?city=Ghent']) {
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
        const inTable = await t.postgres.query('SELECT id FROM orders WHERE id = $1', [second.id]);
        t.require(inTable.length === 1, {
          expected: `order ${second.id} in the table`,
          seen: 'nothing: it was not committed',
        });
        await referenceWorksOnce(t, visitor, second.reference);
        await badOrdersAreRefused(t, visitor);
        t.trail.begin('orders refused with 400 and 409, and two of 9000 cents placed', 'as they must be');
        const last = await inReport(day);
        const afterTwo = `${orders + 3} orders of ${cents + mostCents + 18_000} cents, ${inGhent + 1} of ${centsInGhent + mostCents} in Ghent`;
        // After midnight that one is in the report of another day.
        const midnight = new Date().toISOString().slice(0, 10) !== day;
        t.require(last === afterTwo || midnight, { expected: afterTwo, seen: last, ...miscounted });
        for (const imported of importedDays()) await importShowsAtOnce(t, visitor, imported);
        return;
      }
    },
  );
}

const miscounted = {
  because:
    'The report is not the sum of the orders that were placed. Whatever keeps its totals also counted orders that were refused, or missed the one that was not.',
  lookAt:
    'when is an order counted: before or after PostgreSQL has taken it? A BEFORE trigger runs for a row that ON CONFLICT then leaves out.',
};

const twice = {
  because: 'The till sent an order twice, and the customer pays twice or gets an error of the server.',
  lookAt: 'what makes a reference unique, also for two requests that look at the same moment?',
};

async function referenceWorksOnce(t: Stage, visitor: Visitor, taken: string): Promise<void> {
  (await visitor.post('/orders', newOrder({ reference: taken }))).mustBe(409, twice);
  (await visitor.post('/orders', newOrder({ reference: taken.toUpperCase() }))).mustBe(201, otherText);
  const order = newOrder();
  const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.post('/orders', order)));
  t.trail.begin('10 × POST /orders with one reference, at once');
  for (const answer of answers)
    answer.mustBe(
      [201, 409],
      answer.status === 503
        ? {
            because: 'One of ten equal orders found no free connection. Nine of them are refused by PostgreSQL.',
            lookAt: 'is a connection given back when its query was refused?',
          }
        : twice,
    );
  const placed = answers.filter(({ status }) => status === 201).length;
  t.require(placed === 1, { expected: 'one 201', seen: `${placed}`, ...twice });
}
