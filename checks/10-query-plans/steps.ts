import { type Answer, excerpt, type PostgresHandle, type Stage, type Visitor } from '../harness/sdk/index.ts';

/** An order as the app answers it. */
export interface Order {
  id: number;
  reference: string;
  email: string;
  city: string;
  seats: number;
  totalCents: number;
  placedAt: string;
}

export const pageSize = 20;

let placed = 0;

/** Where a text comes back as another one, or finds what another one should. */
export const otherText = {
  because:
    'A text is what was written, letter by letter. Ada.Lovelace@Example.org and ada.lovelace@example.org are two texts, and the table has orders of both. What changes a text on its way, such as toLowerCase, trim or normalize, asks for somebody else.',
  lookAt: 'is a text changed between the request and the statement, or in the statement (lower, ILIKE, unaccent)?',
};

/** An order that nobody has placed yet. */
export function newOrder(change: Partial<Order> = {}) {
  placed++;
  const reference = `Check-${placed}-${Math.random().toString(36).slice(2)}`;
  return { reference, email: 'ada@example.org', city: 'oslo', seats: 2, totalCents: 9_000, ...change };
}

/** GET of a list that must be answered with 200 and orders. */
export async function ordersAt(t: Stage, visitor: Visitor, path: string): Promise<{ orders: Order[]; next: string }> {
  const answer = (await visitor.get(path, { deadlineMs: 10_000 })).mustBe(200);
  const { orders, next } = (answer.json ?? {}) as { orders?: Order[]; next?: string };
  t.require(Array.isArray(orders), {
    expected: '{"orders":[…]}',
    seen: excerpt(answer.text),
    because: 'The answer is not a list of orders.',
    lookAt: 'the table of requests and answers in the README',
  });
  return { orders: orders ?? [], next: next ?? '' };
}

export function cityPath(city: string, query: Record<string, string | number> = {}): string {
  return `/orders?${new URLSearchParams({ city, ...Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])) })}`;
}

/** What a request cost PostgreSQL. */
export interface Cost {
  answer: Answer;
  /** Pages of 8 KB that its statements looked at. */
  blocks: number;
  /** The same of the statements when they are explained, with a plan that is made for their parameters. */
  explainedBlocks: number;
  /** Whether a statement leaves out a number of rows. */
  offset: boolean;
  /** The step of a plan that looked at most of them, in words. */
  step: string;
  /** The most rows that one step of a plan read. */
  rowsRead: number;
}

/** Sends a request and asks PostgreSQL what was done for it. Only where nothing else is sent meanwhile. */
export async function costOf(t: Stage, visitor: Visitor, path: string): Promise<Cost> {
  await t.postgres.resetStatements();
  const answer = (await visitor.get(path, { deadlineMs: 10_000 })).mustBe(200);
  const blocks = (await t.postgres.statements()).reduce((sum, statement) => sum + statement.blocks, 0);
  const offset = t.postgres.sent().some(({ sql }) => /\boffset\b/i.test(sql));
  return { answer, blocks, offset, ...(await explainAll(t)) };
}

async function explainAll(t: Stage): Promise<{ step: string; rowsRead: number; explainedBlocks: number }> {
  let worst = { step: 'no plan to show', own: -1 };
  let rowsRead = 0;
  let explainedBlocks = 0;
  for (const statement of t.postgres.sent()) {
    if (!/^\s*(select|with|execute)\b/i.test(statement.sql)) continue;
    // A statement that can't be explained by itself, such as two in one, still counts with its pages.
    const plan = await t.postgres.explain(statement).catch(() => undefined);
    explainedBlocks += plan?.blocks ?? Number.POSITIVE_INFINITY;
    for (const node of plan?.nodes ?? []) {
      const blocksOf = (one: typeof node) => (one['Shared Hit Blocks'] ?? 0) + (one['Shared Read Blocks'] ?? 0);
      const own = blocksOf(node) - (node.Plans ?? []).reduce((sum, child) => sum + blocksOf(child), 0);
      const loops = node['Actual Loops'] ?? 1;
      const rows = Math.round((node['Actual Rows'] ?? 0) * loops);
      const removed = Math.round((node['Rows Removed by Filter'] ?? 0) * loops);
      rowsRead = Math.max(rowsRead, rows + removed);
      if (own <= worst.own) continue;
      const on = node['Index Name'] ?? node['Relation Name'];
      const thrownAway = removed > 0 ? `, of which it threw ${removed.toLocaleString('en')} away` : '';
      const step = `${node['Node Type']}${on ? ` on ${on}` : ''}: ${(rows + removed).toLocaleString('en')} rows read${thrownAway}`;
      worst = { step, own };
    }
  }
  return { step: worst.step, rowsRead, explainedBlocks };
}

const lockMark = 'lesson 10 holds every table';

/** Locks every table of the app until the function that is returned is called: no query of it can go on. */
export async function lockTables(database: PostgresHandle): Promise<() => Promise<void>> {
  const held = database.query(`DO $$ /* ${lockMark} */
    DECLARE one regclass;
    BEGIN
      FOR one IN
        SELECT c.oid FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        WHERE c.relkind IN ('r', 'p') AND r.rolname = '${database.appRole}' AND c.relpersistence <> 't'
      LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', one);
      END LOOP;
      PERFORM pg_sleep(60);
    END $$`);
  held.catch(() => {}); // It is cancelled below.
  const ours = `datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'DO $$ /* ${lockMark}%'`;
  const deadline = performance.now() + 10_000;
  for (;;) {
    const [row] = await database.query(
      `SELECT 1 FROM pg_stat_activity WHERE ${ours} AND state = 'active' AND wait_event = 'PgSleep'`,
    );
    if (row) break;
    if (performance.now() > deadline) throw new Error('the tables could not be locked');
  }
  return async () => {
    await database.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE ${ours} AND state = 'active'`);
    await held.catch(() => {});
  };
}

/** The app's connections that are in the middle of something, and those that wait for a lock. */
export async function busyConnections(database: PostgresHandle): Promise<{ busy: number; waiting: number }> {
  const [row] = await database.query<{ busy: number; waiting: number }>(
    `SELECT count(*) FILTER (WHERE state <> 'idle')::int AS busy,
            count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Lock')::int AS waiting
     FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()`,
    [database.appRole],
  );
  return row ?? { busy: 0, waiting: 0 };
}
