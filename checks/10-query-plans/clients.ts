import {
  type Answer,
  BehaviourFailure,
  type CheckDefinition,
  disturbs,
  lastAttempt,
  MachineWatch,
  type Stage,
  type Visitor,
} from '../harness/sdk/index.ts';
import { busyConnections, cityPath, lockTables, newOrder } from './steps.ts';

const otherAnswer = {
  because: 'The request is refused in another way than before. Nothing but the number of such requests has changed.',
  lookAt: 'in which state is the connection on which the last one failed, such as in a transaction?',
};
const unavailable = {
  because:
    'After so many refused requests the app answers 503. Either each of them has lost a client of the pool, so that others wait for one in vain, or the app takes what PostgreSQL refuses (23505, 23514) for a failure of PostgreSQL, and has stopped asking it.',
  lookAt:
    'what happens after pool.connect() when the next line throws, and which errors does the app count as failures of PostgreSQL?',
};
const failures = 200;
const atOnce = 25;
/** What is refused: by the table, and by the app, which may have taken a client before it looked. */
const refused = [
  (visitor: Visitor, deadlineMs: number) => visitor.post('/orders', newOrder({ reference: 'r1' }), { deadlineMs }),
  (visitor: Visitor, deadlineMs: number) => visitor.post('/orders', newOrder({ seats: 9 }), { deadlineMs }),
  (visitor: Visitor, deadlineMs: number) =>
    visitor.post('/orders', { ...newOrder(), email: undefined }, { deadlineMs }),
  (visitor: Visitor, deadlineMs: number) => visitor.get(cityPath('oslo', { after: 'x' }), { deadlineMs }),
  (visitor: Visitor, deadlineMs: number) => visitor.get('/reports/daily?day=2025-02-30', { deadlineMs }),
];
const notToldOfLock = {
  because:
    'The query waited for a lock, was ended by a limit, and the answer does not say what happened: the database is busy, and asking again may help. The limits of PostgreSQL have codes of their own: 57014 is a cancelled query, 55P03 a lock that was not to be had in time.',
  lookAt: 'what does the app make of the error of a query that was ended while it waited?',
};
/** How long a query may go on for a client who is gone. The app is told 500 ms. */
const endsWithinMs = 5_000;

/** Connections are given back, and not held for nobody. */
export function clientBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'clients-returned',
    `after ${failures} refused requests, the next good one is answered within 1 s`,
    {
      because:
        'A client that was taken from the pool is not given back when its query fails. Each refused request takes one away, until none is left and everybody waits.',
      lookAt: 'what happens after pool.connect() when the next line throws?',
    },
    async (t) => {
      const watch = new MachineWatch();
      const isBusy = () => disturbs(watch.otherCoresBusy());
      try {
        // With the refused ones each time: what takes its clients back by and by has lost them again.
        const last = await lastAttempt(
          async () => {
            const unserved = await failOften(t, isBusy);
            return { unserved, good: await t.visitor().post('/orders', newOrder()) };
          },
          ({ unserved, good }) => !unserved && good.status !== 503 && good.ms <= 1_000,
        );
        const { ms } = last.good.mustBe(201, last.good.status === 503 ? unavailable : {});
        last.unserved?.mustBe([400, 409], unavailable);
        if (ms > 1_000 && isBusy()) t.inconclusive('the machine is so busy that a single order took more than 1 s');
        t.atMost('the good request after them', ms, 1_000, 'ms');
        const { busy } = await busyConnections(t.postgres);
        t.require(busy === 0, {
          expected: 'no connection in the middle of something',
          seen: `${busy} that are, such as a transaction that nobody ends`,
        });
      } catch (error) {
        const lines = t.trail.length;
        await t.restart(1); // Its pool is empty, and the next behaviour is about something else.
        t.trail.retell(lines);
        throw error;
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'gone-client',
    'a query whose client is gone ends, and so does one that waits for a lock',
    {
      because:
        'Nobody waits for the answer any more, and the query goes on, with a connection of the pool. Nothing bounds it: neither the app nor PostgreSQL ends a query because the visitor has closed the page.',
      lookAt: 'how long may a query take (STATEMENT_TIMEOUT_MS), and who tells PostgreSQL so?',
    },
    async (t) => {
      const app = await t.startExtra({ env: { STATEMENT_TIMEOUT_MS: '500' } });
      const visitor = t.visitor({ at: app });
      (await visitor.get('/orders?email=nobody@example.org')).mustBe(200);
      t.trail.begin();
      const release = await lockTables(t.postgres);
      try {
        const gone = new AbortController();
        const asked = [
          '/reports/daily?day=2025-03-02',
          cityPath('oslo'),
          '/orders?email=customer7@example.org',
        ].flatMap((path) =>
          Array.from({ length: 7 }, () => visitor.get(path, { signal: gone.signal, deadlineMs: 20_000 })),
        );
        const stays = [
          visitor.get('/orders?email=customer8@example.org', { deadlineMs: 20_000 }),
          visitor.get(cityPath('hamburg'), { deadlineMs: 20_000 }),
          visitor.post('/orders', newOrder(), { deadlineMs: 20_000 }),
        ];
        const stayed = Promise.allSettled(stays);
        let answered = 0;
        for (const one of asked)
          one.then(
            () => answered++,
            () => answered++,
          );
        await t.until('a query that waits for the lock', async () => {
          return (await busyConnections(t.postgres)).waiting > 0 || answered === asked.length;
        });
        gone.abort(new Error('the visitor is gone'));
        t.trail.begin(
          'every table locked by somebody else, STATEMENT_TIMEOUT_MS=500',
          '24 requests; the clients of 21 go away',
        );
        const goneAt = performance.now();
        const watch = new MachineWatch();
        for (;;) {
          const { busy } = await busyConnections(t.postgres);
          const ms = performance.now() - goneAt;
          const machineIsBusy = ms > endsWithinMs && disturbs(watch.otherCoresBusy());
          if (busy === 0) {
            if (machineIsBusy) t.inconclusive('the queries have ended late, and this machine is busy');
            t.atMost('the last of their queries to end', ms, endsWithinMs, 'ms');
            break;
          }
          t.require(ms < endsWithinMs || (machineIsBusy && ms < 4 * endsWithinMs), {
            expected: `their queries to end within ${endsWithinMs / 1_000} s`,
            seen: `${busy} still run`,
          });
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
        for (const one of await stayed) {
          if (one.status === 'rejected') throw one.reason;
          t.trail.begin('every table locked by somebody else, STATEMENT_TIMEOUT_MS=500');
          t.step(one.value.request, String(one.value.status));
          one.value.mustBe(503, notToldOfLock);
        }
      } finally {
        await release();
      }
      const next = (await visitor.get('/orders?email=nobody@example.org')).mustBe(200);
      t.atMost('the next good request', next.ms, 2_000, 'ms');
    },
    { limitMs: 60_000 },
  );
}

/** Orders that the table refuses: a reference that is taken, or nine seats. Returns the first 503, on a busy machine. */
async function failOften(t: Stage, isBusy: () => boolean): Promise<Answer | undefined> {
  const visitor = t.visitor();
  const step = `requests that are refused, ${atOnce} at a time`;
  let sent = 0;
  let unserved: Answer | undefined;
  while (!unserved && sent < failures) {
    const deadlineMs = isBusy() ? 12_000 : 3_000;
    const batch = await Promise.allSettled(
      Array.from({ length: atOnce }, (_, at) => {
        const kind = at % refused.length;
        return (refused[kind] as (typeof refused)[0])(visitor, deadlineMs);
      }),
    );
    t.trail.begin();
    const failed = batch.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    for (const reason of failed) {
      if (!(reason instanceof BehaviourFailure) || reason.failure.kind === 'crashed') throw reason;
    }
    const { now } = t.postgres.connections();
    t.require(failed.length === 0, {
      step,
      expected: 'an answer to each',
      seen: `after ${sent + atOnce - failed.length} answers, none within ${deadlineMs / 1_000} s; the app holds ${now} connections, and PostgreSQL has nothing to do`,
    });
    // Who waited too long for a connection gets 503. A machine may do that once; a leak does it every time.
    const allowed = isBusy() ? [400, 409, 503] : [400, 409];
    const answers = batch.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    t.step(step);
    for (const answer of answers) answer.mustBe(allowed, answer.status === 503 ? unavailable : otherAnswer);
    t.trail.begin();
    unserved = answers.find(({ status }) => status === 503);
    sent += atOnce;
  }
  t.step(`${sent} requests that are refused`, 'answered');
  return unserved;
}
