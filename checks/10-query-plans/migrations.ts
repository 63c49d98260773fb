import type { CheckDefinition } from '../harness/sdk/index.ts';
import { endsHalfWay } from './half-way.ts';
import { difference, indexesOf, requireOk, shapeOf } from './shape.ts';
import { busyConnections, lockTables } from './steps.ts';

/** How long both get to arrive where they would be in each other's way. */
const meetWithinMs = 3_000;

export function migrationBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'migrations',
    'migrations run twice, and two at once, and change nothing that is done',
    {
      because:
        'A migration that has been run is run a second time, as with every deploy, and does not know that it is done.',
      lookAt: 'how does src/migrate.ts know which files it has applied before?',
    },
    async (t) => {
      const database = await t.startPostgres();
      const env = { DATABASE_URL: database.appUrl };
      // Held by a lock, so that both are on their way before either has changed anything.
      const release = await lockTables(database);
      const both = [t.migrate({ env }), t.migrate({ env })];
      let ended = 0;
      let endedWell = 0;
      for (const one of both)
        one.then(({ ok }) => {
          ended++;
          if (ok) endedWell++;
        });
      const startedAt = performance.now();
      await t.until(
        'both to be started',
        async () => {
          const { waiting } = await busyConnections(database);
          const late = performance.now() - startedAt > meetWithinMs;
          return waiting + ended >= 2 || late;
        },
        { deadlineMs: 2 * meetWithinMs },
      );
      const early = endedWell > 0 ? await indexesOf(database) : undefined;
      await release();
      const first = await Promise.all(both);
      const before = await shapeOf(database);
      const made = await indexesOf(database);
      t.require(early === undefined || early === made, {
        step: 'node src/migrate.ts twice at once, and one still waits for a lock of the table',
        expected: 'exit code 0 when the database is as the app needs it',
        seen: `exit code 0 of the other one, with ${early} of ${made} indexes`,
        because:
          'The second of two deploys was told that all is done while the first was still at work. It starts its app on a table without its indexes, and does not hear of it when the first one fails.',
        lookAt: 'what does the one that does not get the lock do: wait until the work is done, or end?',
      });
      const again = await t.migrate({ env });
      t.step('node src/migrate.ts, on the orders of the lesson');
      requireOk(t, again, 'node src/migrate.ts, once more', {});
      const after = await shapeOf(database);
      t.require(after === before, {
        step: 'node src/migrate.ts, once more',
        expected: 'nothing to change',
        seen: `${difference(before, after)}`,
      });
      t.trail.begin();
      const together = {
        because: 'Two deploys at once both saw that it was not done yet, and both did it.',
        lookAt:
          'what does the second one do while the first one is at it? PostgreSQL has locks for that (advisory locks).',
      };
      for (const end of first)
        requireOk(t, end, 'node src/migrate.ts twice at once, on the orders of the lesson', together);
      const indexes = before.split('\n').filter((line) => line.startsWith('index '));
      const twice = indexes.find((line, at) => indexes.indexOf(line) !== at);
      t.require(!twice, {
        step: 'node src/migrate.ts twice at once',
        expected: 'each index once',
        seen: `twice: ${twice}`,
        ...together,
      });
      const invalid = indexes.find((line) => line.endsWith('invalid'));
      t.require(!invalid, {
        step: 'node src/migrate.ts twice at once',
        expected: 'valid indexes',
        seen: `${invalid}`,
        ...together,
      });

      // A deploy goes on after exit code 0, and starts an app whose tables are not there.
      await database.cut();
      const failed = await t.migrate({ env });
      t.require(!failed.ok, {
        step: 'node src/migrate.ts, while no PostgreSQL can be reached',
        expected: 'another exit code than 0',
        seen: failed.ending,
        because: 'Nothing was migrated, and the deploy is told that all is well. It goes on to start the app.',
        lookAt: 'what happens to an error in src/migrate.ts: is it caught and only printed?',
      });
      await endsHalfWay(t, before);
    },
    { background: true, limitMs: 90_000, further: true },
  );
}
