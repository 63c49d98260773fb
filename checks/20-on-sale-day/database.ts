import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { jsonOf } from './ask.ts';
import { Customer } from './customers.ts';
import { conclude, type Part } from './parts.ts';
import { named, notAnswered, ownStatementsOf, statementsOf, times } from './statements.ts';

/** Of the seed: 20 orders. The others have no part in the minute. */
const longLists = [146, 167, 188];
const newOrderOf = 5;
const mostStatements = 4;
/** Pages of 8 KB. All orders together have over 1,000. */
const mostPages = 400;

export function databasePart(part: Part): void {
  part(
    'database',
    'The database',
    {
      points: 10,
      lessons: [9, 10],
      limitMs: 40_000,
      because: 'The list asks the database once more for each of its rows, one question after the other.',
      lookAt: 'which statement is in a loop, and what could one statement for all rows look like?',
    },
    async (t, minute) => {
      // One connection leads to one process, so that where sessions are does not matter here.
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const { url } = t.app(1);
      const customer = await someone(url, agent, longLists);
      if (!customer) {
        agent.destroy();
        t.score(0, 'nobody with old orders could log in and read them', {
          because: 'The lists can’t be judged before POST /login and GET /orders answer.',
          lookAt: 'what do both answer with one process? WEB_CONCURRENCY=1 npm run dev lesson-20',
        });
        return;
      }
      await t.postgres.query('ANALYZE orders');
      const idle = await named(t, () => delay(1_000));
      const lists: [string, number][] = [];
      for (const path of ['/events', '/orders']) {
        const list = () => customer.ask(url, { path, agent });
        const statements = await statementsOf(t, list);
        // A worker that looks for its work, or the check's own requests elsewhere, may come with every try.
        const isMore =
          statements === notAnswered ||
          (statements > mostStatements && (await ownStatementsOf(t, list, idle)) > mostStatements);
        lists.push([path, isMore ? statements : Math.min(statements, mostStatements)]);
      }
      const wrong = await wrongIn(t, customer, url, agent);
      const costs = await named(t, async () => {
        for (let n = 0; n < times; n++) {
          const answer = await customer.ask(url, { path: '/orders', agent });
          const [order] = JSON.parse(answer.body || '{}').orders ?? [];
          if (order) await customer.ask(url, { path: `/orders/${order.id}`, agent });
          await customer.ask(url, { path: '/events', agent });
        }
      });
      agent.destroy();
      const greedy = costs.filter(
        ({ query, pages }) => pages > mostPages && !idle.some((other) => other.query === query),
      );
      t.step(
        `GET /events and GET /orders of a customer with 20 orders: ${lists.map(([path, n]) => `${n === notAnswered ? 'no answer' : `${n} statements`} for ${path}`).join(', ')}`,
      );
      const many = lists.filter(([, statements]) => statements > mostStatements);
      const [worst] = greedy;
      conclude(t, minute, [
        {
          worth: 0.4,
          share: 1 - many.length / 2,
          seen: many
            .map(([path, statements]) =>
              statements === notAnswered
                ? `GET ${path} was never answered with 200`
                : `GET ${path} took ${statements} statements`,
            )
            .join(', '),
          good: 'lists take at most four statements',
          ...(many.some(([, statements]) => statements !== notAnswered) ? {} : noList),
        },
        {
          worth: 0.2,
          share: wrong ? 0 : 1,
          seen: wrong ?? '',
          good: 'they have what they must, in the right order',
          because: 'A list that is made in less time must still be the same list.',
          lookAt: 'what does the contract say of the fields, of the order, and of how many there are?',
        },
        {
          worth: 0.4,
          share: greedy.length === 0 ? 1 : 0,
          seen: `a statement read ${worst?.pages} pages for a list: ${short(worst?.query)}`,
          good: 'and none reads the whole table of orders',
          because: 'To find the orders of one customer, PostgreSQL reads those of all: no index leads to them.',
          lookAt: 'which column does the statement compare, and in which index does it come first?',
        },
      ]);
    },
  );
}

const noList = {
  because: 'What a list costs can only be seen once it is answered.',
  lookAt: 'what does it answer instead, and what has the app printed?',
};

/** Logged in, on the one connection that the agent has; undefined where nobody could. */
async function someone(url: string, agent: Agent, numbers: readonly number[]): Promise<Customer | undefined> {
  for (const number of numbers) {
    const customer = new Customer(number);
    await customer.logIn(url, { agent, headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' } });
    if ((await customer.ask(url, { path: '/orders', agent })).status === 200) return customer;
  }
  return undefined;
}

/** What is wrong with the two lists and with an order, by the database; undefined if nothing is. */
async function wrongIn(t: Stage, customer: Customer, url: string, agent: Agent): Promise<string | undefined> {
  // One more than the list has.
  const json = { event: newOrderOf, seats: 1 };
  const { status } = await customer.ask(url, { method: 'POST', path: '/orders', json, agent });
  if (status !== 201) return `POST /orders was ${status}, so that there was no new order for the list`;
  const events = jsonOf(await customer.ask(url, { path: '/events', agent }))?.events;
  const onSale = await t.postgres.query(
    `SELECT events.id, title, name AS venue, starts_at AS "startsAt" FROM events JOIN venues ON venues.id = venue_id
     WHERE on_sale ORDER BY starts_at`,
  );
  if (!isSame(events, onSale)) return 'GET /events was not what is on sale, the earliest first';
  if (!events.every(({ seatsLeft }: { seatsLeft?: unknown }) => Number.isInteger(seatsLeft)))
    return 'GET /events did not say how many seats are left';
  const orders = jsonOf(await customer.ask(url, { path: '/orders', agent }))?.orders;
  const newest = await t.postgres.query(
    `SELECT orders.id, json_build_object('id', events.id, 'title', title, 'venue', name) AS event, orders.seats,
       placed_at AS "placedAt"
     FROM orders JOIN events ON events.id = event_id JOIN venues ON venues.id = venue_id
     WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20`,
    [customer.number],
  );
  if (!isSame(orders, newest)) return 'GET /orders was not the newest 20 of the customer, the newest first';
  const [first] = newest;
  const one = jsonOf(await customer.ask(url, { path: `/orders/${first?.id}`, agent }));
  return isSame([one], [first]) ? undefined : 'GET /orders/:id was not one of GET /orders';
}

/** Whether an answer has these rows in this order, whatever else it tells of each. */
function isSame(seen: unknown, rows: unknown[]): boolean {
  const wanted = JSON.parse(JSON.stringify(rows)) as Record<string, unknown>[]; // Dates as an answer has them.
  return (
    Array.isArray(seen) &&
    seen.length === wanted.length &&
    wanted.every((row, n) => Object.entries(row).every(([field, value]) => isEqual(field, seen[n]?.[field], value)))
  );
}

function isEqual(field: string, seen: unknown, wanted: unknown): boolean {
  if (field.endsWith('At')) return new Date(String(seen)).getTime() === new Date(String(wanted)).getTime();
  if (typeof wanted !== 'object' || wanted === null) return seen === wanted;
  return Object.entries(wanted).every(([key, value]) => (seen as Record<string, unknown> | undefined)?.[key] === value);
}

const short = (query = '') => `${query.replace(/\s+/g, ' ').slice(0, 70)}…`;
