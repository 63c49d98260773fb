import type { AppCommandEnd, CheckDefinition, PostgresHandle, Stage } from '../harness/sdk/index.ts';
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

/** The second index can't be made. The next run finds what the first one has left, and does the rest. */
async function endsHalfWay(t: Stage, whole: string): Promise<void> {
  const database = await t.startPostgres();
  await database.query(`
    CREATE SCHEMA halfway;
    CREATE SEQUENCE halfway.indexes;
    GRANT USAGE ON SCHEMA halfway TO PUBLIC;
    GRANT ALL ON SEQUENCE halfway.indexes TO PUBLIC;
    CREATE FUNCTION halfway.full() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('halfway.indexes') > 1 THEN RAISE disk_full USING MESSAGE = 'no space left on device'; END IF;
    END $$;
    CREATE EVENT TRIGGER halfway ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION halfway.full()`);
  const env = { DATABASE_URL: database.appUrl };
  const first = await t.migrate({ env });
  const [made] = await database.query<{ indexes: number }>(
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS indexes FROM halfway.indexes',
  );
  await database.query('DROP EVENT TRIGGER halfway; DROP SCHEMA halfway CASCADE');
  // Migrations of a single index have no half of their way.
  const failed = (made?.indexes ?? 0) > 1;
  const step = 'node src/migrate.ts, disk full at index 2';
  t.trail.begin();
  t.require(!failed || !first.ok, {
    step,
    expected: 'another exit code than 0',
    seen: first.ending,
    because:
      'A statement of a migration failed, and the deploy is told that all is well. It starts an app whose indexes are not there.',
    lookAt: 'what happens to an error of a migration in src/migrate.ts: is it caught and only printed?',
  });
  const again = await t.migrate({ env });
  const halfDone = {
    because:
      'The run that failed has left a part of its work behind. The next one does not know what is done and what is not.',
    lookAt: 'are a migration and the note that it was made one transaction?',
  };
  const broken = {
    because:
      'CREATE INDEX CONCURRENTLY that fails leaves an index that is INVALID: PostgreSQL writes to it and never reads it. IF NOT EXISTS takes it for done.',
    lookAt: 'what does the next run do with an index whose pg_index.indisvalid is false?',
  };
  t.step(step, failed ? first.ending : 'no second index');
  requireOk(t, again, 'node src/migrate.ts, with space again', halfDone);
  const after = withoutFiles(await shapeOf(database));
  t.require(after === withoutFiles(whole), {
    step: 'node src/migrate.ts, with space again',
    expected: 'the same tables and indexes as after a run without a failure',
    seen: difference(withoutFiles(whole), after),
    ...(/ invalid$/m.test(after) ? broken : halfDone),
  });
}

/** Files and the indexes of TOAST tables have other names in each database. */
function withoutFiles(shape: string): string {
  return shape
    .split('\n')
    .filter((line) => !line.startsWith('file of ') && !line.includes('pg_toast'))
    .join('\n');
}

function requireOk(t: Stage, { ok, ending, output }: AppCommandEnd, step: string, teaching: object): void {
  const line =
    output.lastLines(60).find((one) => /^\w*(error|exception): /i.test(one)) ??
    output.lastLines(1)[0] ??
    'it printed nothing';
  t.require(ok, { step, expected: 'exit code 0', seen: `${ending}: ${line.trim()}`, ...teaching });
}

/** How many indexes the app's tables have that can be used. Asks no table, so it waits for no lock. */
async function indexesOf(database: PostgresHandle): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = $1 AND i.indisvalid`,
    [database.appRole],
  );
  return row?.n ?? 0;
}

/** Columns, indexes without their names, how many orders there are, and where each table and index is stored: a line each. */
async function shapeOf(database: PostgresHandle): Promise<string> {
  const rows = await database.query<{ line: string }>(
    `SELECT 'index ' || regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \\S+ ON', 'INDEX ON')
            || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END AS line
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = $1
     UNION ALL
     SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = $1 AND c.relkind IN ('r', 'p', 'm', 'v') AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL
     SELECT 'file of ' || c.relname || ': ' || pg_relation_filenode(c.oid)
     FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = $1 AND c.relkind IN ('r', 'i', 'm') AND c.relnamespace = 'public'::regnamespace
     UNION ALL
     SELECT 'orders ' || count(*) FROM orders
     ORDER BY line`,
    [database.appRole],
  );
  return rows.map(({ line }) => line).join('\n');
}

function difference(before: string, after: string): string {
  const old = before.split('\n');
  const added = after
    .split('\n')
    .filter((line) => !old.includes(line) || after.split(line).length > before.split(line).length);
  const rebuilt = added.find((line) => line.startsWith('file of '))?.match(/^file of (.*): /)?.[1];
  const other = added.find((line) => !line.startsWith('file of '));
  return !other && rebuilt ? `${rebuilt} was built again` : `now there is ${other ?? 'less than before'}`;
}
