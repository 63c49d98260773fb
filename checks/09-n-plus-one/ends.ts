import { type CheckDefinition, plainRequest } from '../harness/sdk/index.ts';

/** By the contract 10 s, on a quiet machine. */
const endsWithinMs = 12_000;
const mark = 'lesson 9 locks prices';

/** Line 8, while the app itself waits. Clients that keep silent connections are asked for when all is done. */
export function endsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'ends-while-waiting',
    'SIGTERM ends the app, also while one of its statements waits in the database',
    {
      because:
        'The app waits for its statement, and that waits for somebody else. Whoever has sent SIGTERM sends SIGKILL in the end, and a deploy takes that much longer.',
      lookAt:
        'what does the app wait for after SIGTERM, and what ends that wait? pool.end() waits for every connection in use.',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that an app could hear; WSL has');
      const database = await t.startPostgres();
      const app = await t.startExtra({ env: database.env });
      const locked = database.query(
        `DO $$ /* ${mark} */ BEGIN LOCK TABLE prices IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(60); END $$`,
      );
      locked.catch(() => {}); // It is cancelled below.
      const waits = async (condition: string) =>
        (
          await database.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND ${condition}`,
          )
        ).length > 0;
      try {
        await t.until('prices to be locked', () => waits(`query LIKE 'DO $$ /* ${mark}%' AND wait_event = 'PgSleep'`));
        plainRequest(`${app.url}/events?limit=5`).catch(() => {}); // Nobody answers it.
        await t.until('a statement of GET /events to wait', () =>
          waits(`usename = '${database.appRole}' AND wait_event_type = 'Lock'`),
        );
        app.signal('SIGTERM');
        t.trail.begin('another program has locked the table prices; GET /events waits for it; SIGTERM');
        t.require(await app.exitedWithin(endsWithinMs), {
          expected: 'the app to end within 10 s',
          seen: `it still runs after ${endsWithinMs / 1_000} s`,
        });
      } finally {
        await database.query(
          `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND query LIKE 'DO $$ /* ${mark}%'`,
        );
        await locked.catch(() => {});
      }
    },
    { limitMs: 60_000, background: true },
  );
}
