import type { Stage } from '../harness/sdk/index.ts';

const mark = 'lesson 9 holds a table';
const gate = 'lesson_9_gate';
const key = 909;
/** An answer may be sent before the COMMIT behind it has come back. */
const endsWithinMs = 3_000;

/**
 * Each statement of the app that reads this table waits, with the snapshot that it began with: what it reads is what was
 * true then. (A lock on the table would come before the snapshot.) Returns what lets them go on. A policy on the rows does
 * it, which calls a function that waits; a statement that waits so shows as waiting for a lock.
 */
export async function holdReaders(t: Stage, table: string): Promise<() => Promise<void>> {
  await nothingOpen(t);
  await t.postgres.query(`
    CREATE OR REPLACE FUNCTION ${gate}() RETURNS boolean LANGUAGE sql
      AS 'SELECT pg_advisory_xact_lock_shared(${key}) IS NOT NULL';
    CREATE POLICY ${gate} ON ${table} USING (${gate}());
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT EXECUTE ON FUNCTION ${gate}() TO ${t.postgres.appRole}`);
  const held = t.postgres.query(
    `DO $$ /* ${mark} */ BEGIN PERFORM pg_advisory_xact_lock(${key}); PERFORM pg_sleep(30); END $$`,
  );
  held.catch(() => {}); // It is cancelled below.
  const ours = `datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'DO $$ /* ${mark}%'`;
  await t.until('the table to be held', async () => {
    const rows = await t.postgres.query(`SELECT 1 FROM pg_stat_activity WHERE ${ours} AND wait_event = 'PgSleep'`);
    return rows.length > 0;
  });
  return async () => {
    await t.postgres.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE ${ours} AND state = 'active'`);
    await held.catch(() => {});
  };
}

/** The tables are as they were. */
export async function forgetHolds(t: Stage, tables: readonly string[]): Promise<void> {
  await nothingOpen(t);
  const undo = tables.map(
    (table) => `
      DROP POLICY IF EXISTS ${gate} ON ${table};
      ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;`,
  );
  await t.postgres.query(`${undo.join('')} DROP FUNCTION IF EXISTS ${gate}()`);
}

/** No transaction of the app is left open. One that is keeps its locks. */
export async function nothingOpen(t: Stage): Promise<void> {
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
