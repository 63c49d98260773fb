import { type CheckDefinition, plainRequest } from '../harness/sdk/index.ts';
import { mostConnections } from './traffic.ts';

/** By the contract 10 s, on a quiet machine. */
const endsWithinMs = 12_000;
/** More than an app may have connections: all of them wait, and some requests wait for one. */
const requests = mostConnections + 2;
const arriveWithinMs = 500;
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
        'what does the app wait for after SIGTERM, and what ends that wait? pool.end() waits for every connection in use, and a new statement waits for a free one.',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that an app could hear; WSL has');
      const database = await t.startPostgres();
      const app = await t.startExtra({ env: database.env });
      const locked = database.query(
        `DO $$ /* ${mark} */ BEGIN LOCK TABLE prices IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(60); END $$`,
      );
      locked.catch(() => {}); // It is cancelled below.
      const waiting = async (condition: string) =>
        (
          await database.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND ${condition}`,
          )
        ).length;
      try {
        await t.until(
          'prices to be locked',
          async () => (await waiting(`query LIKE 'DO $$ /* ${mark}%' AND wait_event = 'PgSleep'`)) > 0,
        );
        for (let n = 0; n < requests; n++) plainRequest(`${app.url}/events?limit=5`).catch(() => {}); // Nobody answers.
        const sentAt = performance.now();
        await t.until('statements of GET /events to wait', async () => {
          const statements = await waiting(`usename = '${database.appRole}' AND wait_event_type = 'Lock'`);
          // An app may have fewer connections, and these have sent all that they will.
          return statements >= mostConnections || (statements > 0 && performance.now() - sentAt > arriveWithinMs);
        });
        app.signal('SIGTERM');
        t.trail.begin(`another program has locked the table prices; ${requests} × GET /events wait for it; SIGTERM`);
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
