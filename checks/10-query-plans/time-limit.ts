import {
  type Answer,
  BehaviourFailure,
  type CheckDefinition,
  disturbs,
  type Instance,
  MachineWatch,
  type PostgresHandle,
  type Stage,
} from '../harness/sdk/index.ts';
import { cityPath, newOrder } from './steps.ts';

/** How long a query for the slow order works. Between the two limits that the apps are told. */
const worksMs = 1_500;
const shortLimitMs = 500;
const longLimitMs = 6_000;
/** Where nothing is said the limit is 2,000 ms. */
const defaultEndsWithinMs = 5_000;
const answersWithinMs = 25_000;

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
        const atShort = t.visitor({ at: shortApp as Instance });
        const atLong = t.visitor({ at: longApp as Instance });
        const asked = { deadlineMs: answersWithinMs };
        // All at once, because they mostly wait, and judged afterwards: each with a trail of its own.
        const [short, long, unlimited] = await Promise.all([
          Promise.allSettled([
            atShort.get(`/orders?email=${slow.email}`, asked),
            atShort.get(cityPath(slow.city), asked),
            atShort.get(`/reports/daily?day=${slow.day}`, asked),
            atShort.post('/orders', newOrder({ email: slow.email }), asked),
          ]),
          Promise.allSettled([
            atLong.get(`/orders?email=${slow.email}`, asked),
            atLong.get(cityPath(slow.city), asked),
          ]),
          Promise.allSettled([t.visitor().get(`/orders?email=${endless.email}`, asked)]),
        ]);
        for (const one of short)
          endsWithShortLimit(
            answerOf(t, one, `STATEMENT_TIMEOUT_MS=${shortLimitMs}, and a query that works for ${worksMs} ms`),
          );
        for (const one of long)
          answerOf(t, one, `STATEMENT_TIMEOUT_MS=${longLimitMs}, and a query that works for ${worksMs} ms`).mustBe(
            200,
            tooEarly,
          );
        for (const one of unlimited)
          endsWithoutLimit(t, answerOf(t, one, 'no STATEMENT_TIMEOUT_MS, and a query that works for 20 s'), watch);
      } finally {
        await end();
      }
    },
    { limitMs: 60_000 },
  );
}

/** The answer, with a trail that holds nothing but it. Having none in time is a failure. */
function answerOf(t: Stage, one: PromiseSettledResult<Answer>, situation: string): Answer {
  t.trail.begin(situation);
  if (one.status === 'fulfilled') {
    t.step(String(one.value.request), String(one.value.status));
    return one.value;
  }
  const { reason } = one;
  if (!(reason instanceof BehaviourFailure) || reason.failure.kind === 'crashed') throw reason;
  t.require(false, { expected: reason.failure.expected, seen: reason.failure.seen });
  throw reason; // Not reached: the requirement has failed.
}

const notTold = {
  because:
    'The query was ended, and the answer does not say what happened: the database is busy, and asking again may help.',
  lookAt: 'what does the app make of the error of a cancelled query (57014)?',
};
const tooEarly = {
  because: 'The query was ended before its limit. The limit is another number than STATEMENT_TIMEOUT_MS.',
  lookAt: 'which limits are there besides the one from the environment?',
};

function endsWithShortLimit(answer: Answer): void {
  // A report that is kept in a table of its own does not look at the slow order.
  if (answer.request.includes('/reports') && answer.status === 200 && answer.ms < worksMs) return;
  answer.mustBe(503, answer.status >= 400 ? notTold : {});
}

function endsWithoutLimit(t: Stage, answer: Answer, watch: MachineWatch): void {
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
