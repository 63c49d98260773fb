import type { Stage } from '../harness/sdk/index.ts';

const mark = 'lesson 9 holds a table';
/** An answer may be sent before the COMMIT behind it has come back. */
const endsWithinMs = 3_000;

/**
 * Locks a table, so that each statement of the app which names it waits. Returns what lets go of it again. A lock on a
 * table is taken before a statement looks at anything, so one that waited sees what is true when it goes on.
 */
export async function holdTable(t: Stage, table: string): Promise<() => Promise<void>> {
  await nothingOpen(t);
  const held = t.postgres.query(
    `DO $$ /* ${mark} */ BEGIN LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(30); END $$`,
  );
  held.catch(() => {}); // It is cancelled below.
  const ours = `datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'DO $$ /* ${mark}%'`;
  await t.until('the table to be locked', async () => {
    const rows = await t.postgres.query(`SELECT 1 FROM pg_stat_activity WHERE ${ours} AND wait_event = 'PgSleep'`);
    return rows.length > 0;
  });
  return async () => {
    await t.postgres.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE ${ours} AND state = 'active'`);
    await held.catch(() => {});
  };
}

/** No transaction of the app is left open. One that is keeps its locks. */
async function nothingOpen(t: Stage): Promise<void> {
  const open = async () => {
    const [row] = await t.postgres.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE usename = $1 AND datname = current_database() AND state LIKE 'idle in transaction%'`,
      [t.postgres.appRole],
    );
    return row?.n ?? 0;
  };
  const deadline = performance.now() + endsWithinMs;
  while ((await open()) > 0 && performance.now() < deadline);
  const left = await open();
  t.require(left === 0, {
    step: 'all requests so far are answered',
    expected: 'no transaction of the app to be open',
    seen: `${left} that are, and nothing is sent on their connections`,
    because:
      'A transaction is begun for a request and never ended. Its connection is lost to the pool, and its locks stay.',
    lookAt: 'on which path does the app leave a transaction without COMMIT or ROLLBACK, such as for an empty list?',
  });
}

/** How many connections of the app wait for a lock. */
export async function waitingForLock(t: Stage): Promise<number> {
  const [row] = await t.postgres.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE usename = $1 AND datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'`,
    [t.postgres.appRole],
  );
  return row?.n ?? 0;
}
