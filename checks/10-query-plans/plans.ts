import type { CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { type Cost, cityPath, costOf, ordersAt, pageSize } from './steps.ts';

/** How often PostgreSQL executes a prepared statement before it may take one plan for all values. */
const timesBefore = 5;

/** Pages of 8 KB for an answer of so many rows: each row from a page of its own, six times over, and the way to them. */
const allowed = (rows: number) => 40 + 6 * rows;
const otherPlan = {
  because:
    'Made for these values, the plan is a cheap one, and PostgreSQL used another. A named (prepared) statement, or one in a function, may get one plan for all values after five executions. What is right for most customers is not right for an agency, and “$2 IS NULL OR …” is a condition that no index serves unless $2 is known.',
  lookAt:
    'which statements have a name or are in a function, and with which plan does PostgreSQL execute them (plan_cache_mode)?',
};

/** A day has about 3,000 orders, which lie on about 40 pages. The whole table has some 3,500. */
const allowedForDay = 500;

export function planBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'indexed',
    'each query looks at about as many pages of the table as its answer needs',
    {
      because:
        'PostgreSQL reads rows that are not in the answer: no index leads to those that are, or the statement asks for more.',
      lookAt:
        'the statement behind this route, with node src/explain.ts: which columns does it compare, which does it sort by, and which index begins with these?',
    },
    async (t) => {
      const visitor = t.visitor();
      await t.postgres.query('ANALYZE'); // As autovacuum does after a migration: an index on an expression needs it.
      (await visitor.get('/orders?email=nobody@example.org')).mustBe(200); // Connects.
      for (const [path, why] of [
        ['/orders?email=customer123@example.org', undefined],
        [
          '/orders?email=desk@agency.example',
          'An agency has 3,000 orders, and the 50 newest of them are wanted. With an index on the email alone, all 3,000 are fetched and sorted, or everybody’s orders are read from the newest on.',
        ],
        ['/orders?email=nobody@example.org', undefined],
        ['/orders?city=berlin', undefined],
        ['/orders?city=berlin&sort=asc', undefined],
        [
          '/orders?city=helgoland',
          'A city with 11 orders costs as much as all cities together. An index that has the time before the city is read from one end to the other to find them.',
        ],
        [
          '/orders?city=helgoland&sort=asc',
          'Helgoland has 11 orders. Sorted by time, the oldest first, everybody’s orders are read to find them: no index leads to these in this direction.',
        ],
        [
          '/orders?city=atlantis',
          'A city without orders costs as much as all cities together: everybody’s orders are read to find that there are none.',
        ],
        [
          '/reports/daily?day=2025-02-14',
          'The report reads the orders of every day to sum up one. A condition on an expression, such as a date made of placed_at, can’t use an index on the column itself.',
        ],
      ] as const) {
        for (let time = 1; time <= timesBefore && path.startsWith('/orders'); time++)
          (await visitor.get(path)).mustBe(200);
        t.trail.begin();
        const { answer, blocks, explainedBlocks, step } = await costOf(t, visitor, path);
        const rows = answer.json?.orders?.length as number | undefined;
        const limit = path.startsWith('/reports') ? allowedForDay : allowed(rows ?? 0);
        t.step(`PostgreSQL's costliest step`, String(step));
        const what = path.startsWith('/reports')
          ? 'pages of 8 KB for the report of a day'
          : `pages of 8 KB for ${rows} orders`;
        const teaching = explainedBlocks <= limit ? otherPlan : why ? { because: why } : {};
        t.atMost(what, blocks, limit, 'pages', teaching);
      }
    },
  );

  behaviour(
    'deep-pages',
    'page 1,000 costs about what page 1 costs',
    {
      because:
        'To begin at row 20,001, PostgreSQL reads 20,000 rows and throws them away (OFFSET). The further somebody reads, the slower it gets.',
      lookAt: 'what does the cursor hold: how many rows to leave out, or where the last page ended?',
    },
    async (t) => {
      const visitor = t.visitor();
      const first = await costOf(t, visitor, cityPath('berlin'));
      const [after, afterAsc] = await Promise.all([behind20000(t, 'desc'), behind20000(t, 'asc')]);
      t.trail.begin('GET /orders?city=berlin, page 1', `${first.blocks} pages of 8 KB`);
      t.step('GET /orders?city=berlin&limit=1000, 20 pages by their next');
      const deep = await costOf(t, visitor, cityPath('berlin', { after }));
      t.trail.retell(2, 'the page of 20 behind them: costliest step', String(deep.step));
      const rows = deep.answer.json?.orders?.length;
      t.require(rows === pageSize, {
        expected: `${pageSize} orders`,
        seen: `${rows} orders`,
        because:
          'The pages before had 1,000 orders, and this one is asked for without a limit, so it has 20. The limit is of each request: it may change from page to page.',
        lookAt: 'what does the cursor hold besides the place where the last page ended?',
      });
      t.atMost('pages of 8 KB for page 1,001', deep.blocks, allowed(pageSize), 'pages', reasonOf(deep));
      t.atMost('rows read in one step for page 1,001', deep.rowsRead, 20 * pageSize, 'rows', reasonOf(deep));

      // A page of one order may cost so little that 20,000 entries of an index show.
      const single = cityPath('berlin', { after, limit: 1 });
      for (let time = 1; time <= timesBefore; time++) (await visitor.get(single)).mustBe(200);
      t.trail.begin('GET /orders?city=berlin&limit=1000, 20 pages by their next');
      const often = await costOf(t, visitor, single);
      t.trail.retell(1, 'the page of 1 behind them, for the sixth time: costliest step', String(often.step));
      t.atMost('pages of 8 KB for 1 order behind 20,000', often.blocks, allowed(1), 'pages', reasonOf(often, 1));

      t.trail.begin('GET /orders?city=berlin&sort=asc&limit=1000, 20 pages by their next');
      const oldest = await costOf(t, visitor, cityPath('berlin', { sort: 'asc', after: afterAsc }));
      t.trail.retell(1, 'the page of 20 behind them: costliest step', String(oldest.step));
      t.atMost('pages of 8 KB for page 1,001', oldest.blocks, allowed(pageSize), 'pages', reasonOf(oldest));
      t.atMost('rows read in one step for page 1,001', oldest.rowsRead, 20 * pageSize, 'rows', reasonOf(oldest));
    },
  );
}

/** The next of the 20th page of 1,000. */
async function behind20000(t: Stage, sort: 'asc' | 'desc'): Promise<string> {
  const visitor = t.visitor();
  let after = '';
  for (let page = 1; page <= 20; page++) {
    const query = { limit: 1_000, ...(sort === 'asc' && { sort }), ...(after && { after }) };
    const { orders, next } = await ordersAt(t, visitor, cityPath('berlin', query));
    t.require(orders.length === 1_000 && next, {
      expected: '1,000 orders and a next: berlin has 60,000',
      seen: `${orders.length} orders, next: ${JSON.stringify(next || null)}`,
      because: 'Pages of 1,000 orders lead to the deep ones, and one of them is not whole.',
      lookAt: 'what are limit and next in the README?',
    });
    after = next;
  }
  return after;
}

function reasonOf({ step, offset, explainedBlocks }: Cost, rows = pageSize): Partial<Teaching> {
  if (step.startsWith('Seq Scan'))
    return {
      because: 'PostgreSQL reads the whole table for a page: no index has the orders of a city in their order.',
    };
  if (offset) return {};
  if (explainedBlocks <= allowed(rows)) return otherPlan;
  return {
    because:
      'The orders of the pages before are read and thrown away one by one. The condition that leaves them out is no place in the index, so PostgreSQL begins at one end of the city and filters. A comparison with OR is such a filter.',
    lookAt:
      'which condition leaves out what the pages before showed, and where in the index does PostgreSQL begin with it?',
  };
}
