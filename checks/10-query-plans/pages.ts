import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { cityPath, newOrder, type Order, ordersAt } from './steps.ts';

const tied = {
  because:
    'Two orders have the same place in what the cursor holds: it is the time alone, or a time cut to milliseconds. PostgreSQL keeps microseconds, and an import writes a hundred orders at one moment.',
  lookAt: 'can two orders of a city have the same cursor, and is the time in it exactly the one in the table?',
};

const hourTwice = {
  because:
    'In the night of 27 October 2024 the clocks of Oslo go back, so 02:30 comes twice. The sessions of the database are in Oslo: a time that they write without its offset means either of the two.',
  lookAt: 'in which time zone is the time in the cursor, and does the cursor say so?',
};

export function pageBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'whole-pages',
    'pages neither skip nor repeat an order, also while orders arrive',
    {
      because:
        'The next page begins after a number of rows. An order that came meanwhile has moved every row by one, so one row is shown again.',
      lookAt: 'what does the cursor hold, and what does it mean once there are more orders than before?',
    },
    async (t) => {
      const rows = await t.postgres.query<{ id: number; night: boolean }>(
        `SELECT id, placed_at < '2024-11-01 00:00Z' AS night FROM orders WHERE city = 'kiel'`,
      );
      const ids = new Set(rows.map(({ id }) => id));
      const night = new Set(rows.flatMap((row) => (row.night ? [row.id] : [])));
      const teaching = (wrong: number[]) => (wrong.every((id) => night.has(id)) ? hourTwice : tied);
      for (const sort of ['desc', 'asc'] as const) {
        t.trail.begin(`every page of kiel, sort=${sort}: ${ids.size} orders`);
        requireAll(t, ids, await walk(t, sort, false), sort, teaching);
      }
      for (const sort of ['desc', 'asc'] as const) {
        t.trail.begin(`every page of kiel, sort=${sort}, and an order placed after each`);
        requireAll(t, ids, await walk(t, sort, true), sort);
      }
    },
  );
}

/** Reads every page of kiel, page by page, and places an order after each of the first ten if it is to. */
async function walk(t: Stage, sort: 'asc' | 'desc', placing: boolean): Promise<Order[]> {
  const visitor = t.visitor();
  const seen: Order[] = [];
  const trail = t.trail.length;
  let after = '';
  for (let page = 1; page <= 40; page++) {
    const { orders, next } = await ordersAt(
      t,
      visitor,
      cityPath('kiel', { sort, limit: [20, 7, 13][page % 3] as number, ...(after && { after }) }),
    );
    t.trail.retell(trail);
    const known = new Set(seen.map(({ id }) => id));
    seen.push(...orders);
    // What comes twice may come for ever, and is told by the caller.
    if (!next || orders.some(({ id }) => known.has(id))) return seen;
    after = next;
    if (placing && page <= 10) (await visitor.post('/orders', newOrder({ city: 'kiel' }))).mustBe(201);
    t.trail.retell(trail);
  }
  t.require(false, {
    expected: 'a last page, with next null',
    seen: 'still a next after 40 pages of 20, and there are 360 orders at most',
  });
  return seen;
}

function requireAll(
  t: Stage,
  ids: Set<number>,
  seen: Order[],
  sort: 'asc' | 'desc',
  teaching: (wrong: number[]) => object = () => ({}),
): void {
  const counts = new Map<number, number>();
  for (const { id } of seen) counts.set(id, (counts.get(id) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1).map(([id]) => id);
  const never = [...ids].filter((id) => !counts.has(id));
  const some = (list: number[]) =>
    `${list.length} orders (${list.slice(0, 3).join(', ')}${list.length > 3 ? ', …' : ''})`;
  t.require(twice.length === 0, { expected: 'no order twice', seen: `${some(twice)} came twice`, ...teaching(twice) });
  t.require(never.length === 0, { expected: 'every order', seen: `${some(never)} never came`, ...teaching(never) });
  const times = seen.map(({ placedAt }) => Date.parse(placedAt) * (sort === 'asc' ? 1 : -1));
  t.require(
    times.every((time, at) => at === 0 || time >= (times[at - 1] ?? 0)),
    {
      expected: `the ${sort === 'asc' ? 'oldest' : 'newest'} first, over all pages`,
      seen: 'another order',
      because: 'The pages are each sorted, and not all of them together.',
      lookAt: 'is what the cursor compares the same as what the list is sorted by?',
    },
  );
}
