import type { CheckDefinition, PostgresHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { disturbs, MachineWatch } from '../harness/sdk/index.ts';
import { cityPath, newOrder } from './steps.ts';

/** How long a query for the slow order works. Between the two limits that the apps are told. */
const worksMs = 1_500;
const shortLimitMs = 500;
const longLimitMs = 6_000;
/** Where nothing is said the limit is 2,000 ms. */
const defaultEndsWithinMs = 5_000;

const slow = { email: 'slow@nap.example', city: 'nap', day: '2024-12-24' };
const endless = { email: 'endless@nap.example' };

export function timeLimitBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'time-limit',
    'a query ends after STATEMENT_TIMEOUT_MS, and its visitor gets 503',
    {
      because:
        'The query worked for longer than STATEMENT_TIMEOUT_MS allows, and nobody ended it. It did not wait for a lock, so lock_timeout does not bound it.',
      lookAt: 'where does STATEMENT_TIMEOUT_MS go: does it reach PostgreSQL, for every connection of the pool?',
    },
    async (t) => {
      const end = await slowDown(t.postgres);
      try {
        const [shortApp, longApp] = await Promise.all(
          [shortLimitMs, longLimitMs].map((ms) => t.startExtra({ env: { STATEMENT_TIMEOUT_MS: String(ms) } })),
        );
        const watch = new MachineWatch();
        await Promise.all([
          endsWithShortLimit(t, t.visitor({ at: shortApp as never })),
          goesOnWithLongLimit(t, t.visitor({ at: longApp as never })),
          endsWithoutLimit(t, watch),
        ]);
      } finally {
        await end();
      }
    },
    { limitMs: 60_000 },
  );
}

async function endsWithShortLimit(t: Stage, visitor: Visitor): Promise<void> {
  const limit = `STATEMENT_TIMEOUT_MS=${shortLimitMs}, and a query that works for ${worksMs} ms`;
  const answers = await Promise.all([
    visitor.get(`/orders?email=${slow.email}`, { deadlineMs: 20_000 }),
    visitor.get(cityPath(slow.city), { deadlineMs: 20_000 }),
    visitor.get(`/reports/daily?day=${slow.day}`, { deadlineMs: 20_000 }),
    visitor.post('/orders', newOrder({ email: slow.email }), { deadlineMs: 20_000 }),
  ]);
  for (const answer of answers) {
    // A report that is kept in a table of its own does not look at the slow order.
    if (answer.request.includes('/reports') && answer.status === 200 && answer.ms < worksMs) continue;
    t.trail.splice(0, t.trail.length, limit, `${answer.request}\t${answer.status}`);
    answer.mustBe(503, answer.status >= 400 ? notTold : {});
  }
}

const notTold = {
  because:
    'The query was ended, and the answer does not say what happened: the database is busy, and asking again may help.',
  lookAt: 'what does the app make of the error of a cancelled query (57014)?',
};

async function goesOnWithLongLimit(t: Stage, visitor: Visitor): Promise<void> {
  for (const answer of await Promise.all([
    visitor.get(`/orders?email=${slow.email}`, { deadlineMs: 20_000 }),
    visitor.get(cityPath(slow.city), { deadlineMs: 20_000 }),
  ])) {
    t.trail.splice(
      0,
      t.trail.length,
      `STATEMENT_TIMEOUT_MS=${longLimitMs}, and a query that works for ${worksMs} ms`,
      `${answer.request}\t${answer.status}`,
    );
    answer.mustBe(200, {
      because: 'The query was ended before its limit. The limit is another number than STATEMENT_TIMEOUT_MS.',
      lookAt: 'which limits are there besides the one from the environment?',
    });
  }
}

async function endsWithoutLimit(t: Stage, watch: MachineWatch): Promise<void> {
  const answer = await t.visitor().get(`/orders?email=${endless.email}`, { deadlineMs: 25_000 });
  t.trail.splice(0, t.trail.length, 'no STATEMENT_TIMEOUT_MS, and a query that works for 20 s');
  answer.mustBe(503, answer.status === 200 ? {} : notTold);
  if (answer.ms > defaultEndsWithinMs && disturbs(watch.otherCoresBusy()))
    t.inconclusive('the query has ended late, and this machine is busy');
  t.atMost('the query without a limit of its own', answer.ms, defaultEndsWithinMs, 'ms');
}

/**
 * From now on a query of the app works for a while on each of two orders, until the function that is returned is called.
 * A policy of the table does it: it looks like a slow query from outside, and waits for no lock.
 */
async function slowDown(database: PostgresHandle): Promise<() => Promise<void>> {
  const place = 'INSERT INTO orders (reference, email, city, seats, total_cents, placed_at) VALUES';
  await database.query(`${place} ('slow', '${slow.email}', '${slow.city}', 1, 100, '${slow.day} 12:00:00+00')`);
  await database.query(`${place} ('endless', '${endless.email}', 'endless', 1, 100, '2024-12-22 12:00:00+00')`);
  await database.query(`
    CREATE FUNCTION encore_works(ms integer) RETURNS boolean LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(ms / 1000.0); RETURN true; END';
    CREATE POLICY encore_slow ON orders USING (
      CASE email WHEN '${slow.email}' THEN encore_works(${worksMs}) WHEN '${endless.email}' THEN encore_works(20000) ELSE true END);
    ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    ALTER TABLE orders FORCE ROW LEVEL SECURITY`);
  return async () => {
    await database.query(`
      ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
      ALTER TABLE orders NO FORCE ROW LEVEL SECURITY;
      DROP POLICY encore_slow ON orders;
      DROP FUNCTION encore_works(integer);
      DELETE FROM orders WHERE email LIKE '%@nap.example'`);
  };
}
