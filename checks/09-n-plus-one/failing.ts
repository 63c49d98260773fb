import type { Stage } from '../harness/sdk/index.ts';
import { forgetHolds, holdReaders, waitingForLock } from './held-table.ts';
import { mostConnections } from './traffic.ts';
import { ask, read } from './truth.ts';

/** More than an app may have connections, so that each of them meets a statement that fails. */
const requests = mostConnections + 2;
const deadlineMs = 10_000;
/** Each with prices, so that the last statement for it fails as well as its first. */
const paths = ['/events?limit=5', '/events/7'];

/** Statements fail, as those that a database gives up. What they were sent on must be as good as before. */
export async function failing(t: Stage): Promise<void> {
  t.trail.begin();
  const letGo = await holdReaders(t, 'prices');
  try {
    let answered = 0;
    const asked = Array.from({ length: requests }, async (_, n) => {
      await ask(t, paths[n % 2] as string, { deadlineMs });
      answered++;
    });
    const all = Promise.all(asked);
    all.catch(() => {}); // Awaited below.
    await t.until('the database to give up a statement of each', async () => {
      if ((await waitingForLock(t)) > 0)
        await t.postgres.query(
          `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
           WHERE usename = $1 AND datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'`,
          [t.postgres.appRole],
        );
      return answered >= requests;
    });
    await all;
  } finally {
    await letGo();
  }
  for (const path of paths)
    for (let n = 1; n <= requests; n++) {
      t.trail.begin(`${requests} requests whose statements the database has given up`, 'each is answered');
      await read(t, path, { deadlineMs, teaching: stillBroken, failed: stillBroken });
    }
  await forgetHolds(t, ['prices']);
}

const stillBroken = {
  because:
    'A statement has failed, and its connection went back to the pool as it was. In a transaction that has failed PostgreSQL refuses every statement until somebody rolls back.',
  lookAt: 'what becomes of a transaction, and of its connection, when a statement in it fails?',
};
