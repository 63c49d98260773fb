import type { AppCommandEnd, PostgresHandle, Stage } from '../harness/sdk/index.ts';
import { runsThatAreCutOff, toldAllIsWell } from './cut-off.ts';
import { difference, requireOk, shapeOf, withoutFiles } from './shape.ts';

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

/** One run finds the disk full, the next ones are cut off. The last one finds what they have left, and does the rest. */
export async function endsHalfWay(t: Stage, whole: string): Promise<void> {
  const database = await t.startPostgres();
  // How many orders there are makes no difference here, and an index of few is made at once.
  await database.query(`
    CREATE TEMP TABLE few AS SELECT * FROM orders WHERE id <= 100;
    TRUNCATE orders;
    INSERT INTO orders OVERRIDING SYSTEM VALUE SELECT * FROM few;
    DROP TABLE few`);
  const full = await runWithFullDisk(t, database);
  t.step('node src/migrate.ts, disk full at index 2', full?.ending ?? 'no second index');
  const expected = withoutFiles(whole).replace(/^orders \d+$/m, 'orders 100');
  const { step, end } = await runsThatAreCutOff(t, database, expected);
  requireOk(t, end, step, halfDone);
  const after = withoutFiles(await shapeOf(database));
  t.require(after === expected, {
    step,
    expected: 'the same tables and indexes as after a run without a failure',
    seen: difference(expected, after),
    ...(/ invalid$/m.test(after) ? broken : halfDone),
  });
}

/** The second index can't be made. Undefined where there is none: migrations of a single index have no half of their way. */
async function runWithFullDisk(t: Stage, database: PostgresHandle): Promise<AppCommandEnd | undefined> {
  await onEachIndex(
    database,
    `IF nextval('halfway.indexes') > 1 THEN RAISE disk_full USING MESSAGE = 'no space left on device'; END IF`,
  );
  const end = await t.migrate({ env: { DATABASE_URL: database.appUrl } });
  const failed = (await indexesBegun(database)) > 1;
  await leaveIndexesAlone(database);
  t.trail.begin();
  t.require(!failed || !end.ok, {
    step: 'node src/migrate.ts, disk full at index 2',
    expected: 'another exit code than 0',
    seen: end.ending,
    ...toldAllIsWell,
  });
  return failed ? end : undefined;
}

/** From now on each CREATE INDEX of the app does this when it has made its index. */
async function onEachIndex(database: PostgresHandle, plpgsql: string): Promise<void> {
  await database.query(`
    CREATE SCHEMA halfway;
    CREATE SEQUENCE halfway.indexes;
    CREATE SEQUENCE halfway.go_on;
    GRANT USAGE ON SCHEMA halfway TO PUBLIC;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA halfway TO PUBLIC;
    CREATE FUNCTION halfway.at_index() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ${plpgsql}; END $$;
    CREATE EVENT TRIGGER halfway ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION halfway.at_index()`);
}

async function leaveIndexesAlone(database: PostgresHandle): Promise<void> {
  await database.query('DROP EVENT TRIGGER halfway; DROP SCHEMA halfway CASCADE');
}

async function indexesBegun(database: PostgresHandle): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS n FROM halfway.indexes',
  );
  return row?.n ?? 0;
}
