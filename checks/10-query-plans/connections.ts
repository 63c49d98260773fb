import { type CheckDefinition, disturbs, lastAttempt, MachineWatch } from '../harness/sdk/index.ts';
import { newOrder } from './steps.ts';

const mostConnections = 20;
/** How long PostgreSQL's answers are held back, so that all of the requests have come before one is done. */
const gatherMs = { quiet: 300, busy: 1_000 };

/** One pool for the process. */
export function connectionsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'few-connections',
    'sixty requests at once share at most 20 connections',
    {
      because:
        'Each connection is a process of PostgreSQL, and it has room for 100. Two instances of this app take them all, and a query is no faster for having its own.',
      lookAt: 'how many pools are there, when is one made, and what is its max?',
    },
    async (t) => {
      const visitor = t.visitor();
      const watch = new MachineWatch();
      const paths = ['/orders?email=customer99@example.org', '/orders?city=helgoland', '/reports/daily?day=2025-03-01'];
      const all = await lastAttempt(
        async () => {
          await t.postgres.resetStatements();
          t.postgres.holdReplies();
          const asked = Promise.allSettled(
            // Orders as well: tills and desks come at the same time.
            Array.from({ length: 60 }, (_, at) =>
              at % 4 === 3
                ? visitor.post('/orders', newOrder(), { deadlineMs: 12_000 })
                : visitor.get(paths[at % 4] as string, { deadlineMs: 12_000 }),
            ),
          );
          const heldAt = performance.now();
          await t.until('the requests to come', () => {
            const enoughMs = disturbs(watch.otherCoresBusy()) ? gatherMs.busy : gatherMs.quiet;
            return t.postgres.connections().peak > mostConnections || performance.now() - heldAt > enoughMs;
          });
          await t.postgres.restore();
          return asked;
        },
        (answers) => !answers.some((one) => one.status === 'fulfilled' && one.value.status === 503),
      );
      t.trail.begin('60 requests at once: 45 lists and reports, 15 orders');
      for (const one of all) {
        if (one.status === 'rejected') throw one.reason;
        one.value.mustBe([200, 201], {
          because: 'Sixty short requests at once are no overload: each can have a connection within a moment.',
          lookAt: 'how long may a request wait for a connection, and how many may wait?',
        });
      }
      const { peak, opened } = t.postgres.connections();
      t.atMost('connections at one time', peak, mostConnections, 'connections');
      t.atMost('connections opened', opened, mostConnections, 'connections', {
        because:
          'Connections are opened for a request and closed after it. Each costs PostgreSQL a new process, and the visitor several round trips.',
      });
    },
    { further: true },
  );
}
