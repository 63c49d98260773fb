import {
  type Answer,
  BehaviourFailure,
  type CheckDefinition,
  type Instance,
  lastAttempt,
  type PostgresHandle,
  type Stage,
} from '../harness/sdk/index.ts';
import { cityPath, newOrder } from './steps.ts';

/** No whole seconds: a limit that is rounded to them lets the first query through, or ends the second one. */
const shortLimit = { ms: 500, worksMs: 950 };
const longLimit = { ms: 2_900, worksMs: 2_400 };
/** Where nothing is said, the limit is 2,000 ms. */
const unset = { worksMs: 1_500, tooLongMs: 3_000 };
/** More than the connections can serve within 2 s, each with a query that is ended after 500 ms. */
const crowdSize = 60;
const answersWithinMs = 25_000;

/** An order for which a query works so long, the only one of its city and its day. */
const slow = (ms: number) => ({
  email: `works-${ms}@nap.example`,
  city: `nap-${ms}`,
  day: `2022-12-${10 + slowMs.indexOf(ms)}`,
});
const slowMs = [shortLimit.worksMs, longLimit.worksMs, unset.worksMs, unset.tooLongMs];

const notTold = {
  because:
    'The query was ended, and the answer does not say what happened: the database is busy, and asking again may help.',
  lookAt: 'what does the app make of the error of a cancelled query (57014)?',
};
const notServed = {
  because:
    'So many queries at once wait for a connection. Whoever waits longer than the app allows gets no connection, and the answer does not say what happened: the database is busy, and asking again may help. A timeout of the pool has no code of PostgreSQL.',
  lookAt: 'what does the app make of an error that is not from PostgreSQL, such as that of connectionTimeoutMillis?',
};
const otherLimit =
  'which limits are there besides the one from the environment, and in which unit does it reach PostgreSQL?';
const tooEarly = {
  because:
    'The query was ended before its limit. The limit is another number than STATEMENT_TIMEOUT_MS, such as whole seconds.',
  lookAt: otherLimit,
};
const tooLate = {
  because:
    'The query worked for longer than STATEMENT_TIMEOUT_MS allows, and nobody ended it: there is no limit, or it is another number, such as whole seconds. The query did not wait for a lock, so lock_timeout does not bound it.',
  lookAt:
    'where does STATEMENT_TIMEOUT_MS go: does it reach PostgreSQL, for every connection of the pool, in milliseconds?',
};

export function timeLimitBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'time-limit',
    'a query ends after STATEMENT_TIMEOUT_MS, and its visitor gets 503',
    tooLate,
    async (t) => {
      const end = await slowDown(t.postgres);
      try {
        const [shortApp, longApp] = await Promise.all(
          [shortLimit, longLimit].map(({ ms }) => t.startExtra({ env: { STATEMENT_TIMEOUT_MS: String(ms) } })),
        );
        const atShort = t.visitor({ at: shortApp as Instance });
        const atLong = t.visitor({ at: longApp as Instance });
        const atUnset = t.visitor();
        const asked = { deadlineMs: answersWithinMs };
        const gross = slow(unset.tooLongMs);
        const [tooLong, long, short] = [shortLimit.worksMs, longLimit.worksMs, unset.worksMs].map(slow);
        // All at once, because they mostly wait, and judged afterwards: each with a trail of its own.
        const ask = () => {
          const calls = [
            [atShort.get(`/orders?email=${gross.email}`, asked)],
            [
              atShort.get(cityPath(tooLong?.city ?? ''), asked),
              atShort.get(`/reports/daily?day=${tooLong?.day}`, asked),
              atShort.post('/orders', newOrder({ email: tooLong?.email ?? '' }), asked),
            ],
            [
              atLong.get(cityPath(long?.city ?? ''), asked),
              atLong.post('/orders', newOrder({ email: long?.email ?? '' }), asked),
            ],
            [atUnset.get(`/orders?email=${short?.email}`, asked)],
            [atUnset.get(`/orders?email=${gross.email}`, asked)],
          ].map((some) => Promise.allSettled(some));
          // Behind the others, which must not wait for a connection.
          const crowd = Promise.all(calls.slice(0, 2)).then(() =>
            Promise.allSettled(
              Array.from({ length: crowdSize }, () => atShort.get(`/orders?email=${gross.email}`, asked)),
            ),
          );
          return Promise.all([...calls, crowd]);
        };
        const is = (some: PromiseSettledResult<Answer>[] = [], right: number[]) =>
          some.every((one) => one.status === 'fulfilled' && (one.value.is(...right) || isKept(one.value)));
        // An app that counts the milliseconds itself may do so late where others keep the cores busy. Not three times.
        const [endedSoon, ended, answered, answeredUnset, endedUnset, crowd] = await lastAttempt(
          ask,
          ([, atOnce, after, afterUnset]) => is(atOnce, [503]) && is(after, [200, 201]) && is(afterUnset, [200]),
        );
        const judge = (
          some: PromiseSettledResult<Answer>[] = [],
          situation: string,
          right: number[],
          teaching: object,
          ended: object = notTold,
        ) => {
          for (const one of some) {
            const answer = answerOf(t, one, situation);
            if (isKept(answer)) continue;
            // Three times on a busy machine, or once on a quiet one: no connection that came late.
            t.require(answer.status !== 503 || answer.is(503) === right.includes(503), {
              expected: right.join(' or '),
              seen: `503 after ${Math.round(answer.ms)} ms`,
              ...teaching,
            });
            const isEnd = answer.status >= 400 && right.includes(503);
            answer.mustBe(right, isEnd ? ended : right.includes(503) ? teaching : {});
          }
        };
        const told = ({ ms, worksMs }: typeof shortLimit) =>
          `STATEMENT_TIMEOUT_MS=${ms}, and a query that works for ${worksMs} ms`;
        judge(endedSoon, told({ ...shortLimit, worksMs: unset.tooLongMs }), [503], tooLate);
        judge(ended, told(shortLimit), [503], tooLate);
        judge(answered, told(longLimit), [200, 201], tooEarly);
        judge(
          answeredUnset,
          `no STATEMENT_TIMEOUT_MS, and a query that works for ${unset.worksMs} ms`,
          [200],
          tooEarly,
        );
        judge(endedUnset, `no STATEMENT_TIMEOUT_MS, and a query that works for ${unset.tooLongMs} ms`, [503], tooLate);
        judge(
          crowd,
          `${told({ ...shortLimit, worksMs: unset.tooLongMs })}, ${crowdSize} times at once`,
          [503],
          tooLate,
          notServed,
        );
      } finally {
        await end();
      }
    },
    { limitMs: 60_000 },
  );
}

/** A report that is kept in a table of its own does not look at the slow order. */
function isKept(answer: Answer): boolean {
  return answer.request.includes('/reports') && answer.status === 200 && answer.ms < shortLimit.ms;
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

/**
 * From now on a query of the app works for a while on each of some orders, until the function that is returned is called.
 * A policy of the table does it: it looks like a slow query from outside, and waits for no lock.
 */
async function slowDown(database: PostgresHandle): Promise<() => Promise<void>> {
  for (const ms of slowMs) {
    const { email, city, day } = slow(ms);
    await database.query(
      'INSERT INTO orders (reference, email, city, seats, total_cents, placed_at) VALUES ($1, $1, $2, 1, 100, $3)',
      [email, city, `${day} 12:00:00+00`],
    );
  }
  const cases = slowMs.map((ms) => `WHEN '${slow(ms).email}' THEN encore_works(${ms})`);
  await database.query(`
    CREATE FUNCTION encore_works(ms integer) RETURNS boolean LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(ms / 1000.0); RETURN true; END';
    CREATE POLICY encore_slow ON orders USING (CASE email ${cases.join(' ')} ELSE true END);
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
