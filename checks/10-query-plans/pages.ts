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

const otherMoment = {
  because:
    'Each of these orders was the last of a page, and the next page did not begin behind it. They lie close to New Year, on leap days, at noon and at midnight: the cursor holds another moment than the table. In to_char, IYYY is the year of the week, which on these days may be the year before or after, and HH has twelve hours.',
  lookAt: 'how does the time get into the cursor, and is it exactly the one in the table, on 31 December as well?',
};
/** When 130 orders of kiel were placed. */
const manyAt = '2025-02-20 10:00:00+00';

const otherCount = {
  because:
    'While the pages were read, an import wrote an order at the moment of 130 others. A cursor that says how many orders of this moment were shown counts the new one among them.',
  lookAt: 'does the cursor name the order after which the next page begins, or does it count?',
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
      const rows = await t.postgres.query<{ id: number; night: boolean; tied: boolean }>(
        `SELECT id, placed_at < '2024-11-01 00:00Z' AS night, placed_at = '${manyAt}' AS tied FROM orders WHERE city = 'kiel'`,
      );
      const moment = new Set(rows.flatMap((row) => (row.tied ? [row.id] : [])));
      const ids = new Set(rows.map(({ id }) => id));
      const night = new Set(rows.flatMap((row) => (row.night ? [row.id] : [])));
      const teaching = (wrong: number[]) => (wrong.every((id) => night.has(id)) ? hourTwice : tied);
      for (const sort of ['desc', 'asc'] as const) {
        t.trail.begin(`every page of kiel, sort=${sort}: ${ids.size} orders`);
        requireAll(t, ids, await walk(t, sort), sort, teaching);
      }
      const edges = await t.postgres.query<{ id: number }>(`SELECT id FROM orders WHERE city = 'Bodø'`);
      t.trail.begin(`every page of Bodø: ${edges.length} orders, one by one`);
      const orders = await walk(t, 'desc', { city: 'Bodø', limits: [1] });
      requireAll(t, new Set(edges.map(({ id }) => id)), orders, 'desc', () => otherMoment);
      for (const sort of ['desc', 'asc'] as const) {
        t.trail.begin(`every page of kiel, sort=${sort}, and two orders after each, a visitor's and an import's`);
        requireAll(t, ids, await walk(t, sort, { after: () => ordersArrive(t) }), sort, (wrong) =>
          wrong.every((id) => moment.has(id)) ? otherCount : {},
        );
      }
    },
  );
}

/** One more of now, and one more at the moment of many. */
async function ordersArrive(t: Stage): Promise<void> {
  (await t.visitor().post('/orders', newOrder({ city: 'kiel' }))).mustBe(201);
  const { reference, email } = newOrder();
  await t.postgres.query(
    `INSERT INTO orders (reference, email, city, seats, total_cents, placed_at) VALUES ($1, $2, 'kiel', 1, 100, $3)`,
    [reference, email, manyAt],
  );
}

/** Enough for 400 orders, at 13 or 14 a page. */
const mostPages = 50;

/** Reads every page of a city, page by page, and does something after each of the first 20. */
async function walk(
  t: Stage,
  sort: 'asc' | 'desc',
  {
    city = 'kiel',
    limits = [20, 7, 13],
    after: then = async () => {},
  }: { city?: string; limits?: number[]; after?: () => Promise<void> } = {},
): Promise<Order[]> {
  const visitor = t.visitor();
  const seen: Order[] = [];
  const trail = t.trail.length;
  let after = '';
  for (let page = 1; page <= mostPages; page++) {
    const { orders, next } = await ordersAt(
      t,
      visitor,
      cityPath(city, { sort, limit: limits[page % limits.length] as number, ...(after && { after }) }),
    );
    t.trail.retell(trail);
    const known = new Set(seen.map(({ id }) => id));
    seen.push(...orders);
    // What comes twice may come for ever, and is told by the caller.
    if (!next || orders.some(({ id }) => known.has(id))) return seen;
    after = next;
    if (page <= 20) await then();
    t.trail.retell(trail);
  }
  t.require(false, {
    expected: 'a last page, with next null',
    seen: `still a next after ${mostPages} pages, which are more than the orders fill`,
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
