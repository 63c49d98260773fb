import type { AppCommandEnd, PostgresHandle, SentStatement, Stage } from '../harness/sdk/index.ts';
import { shapeOf, withoutFiles } from './shape.ts';

export const toldAllIsWell = {
  because:
    'A statement of a migration failed, and the deploy is told that all is well. It starts an app whose indexes are not there.',
  lookAt: 'what happens to an error of a migration in src/migrate.ts: is it caught and only printed?',
};

/** One that only reads, or only begins a transaction. A run that breaks behind it has left nothing. */
const leavesNothing = /^\s*(?:select|show|set|begin|start transaction)\b[^;]*;?\s*$/i;
/** Of more statements that stay, only so many are tried. */
const mostRuns = 12;

/** How a run ended, and after what. */
interface LastRun {
  step: string;
  end: AppCommandEnd;
}

/**
 * Runs the migrations again and again. PostgreSQL does a statement for good, its answer never arrives, and whatever was to
 * follow is not even sent: each run breaks behind another statement. Returns the first that came to its end by itself.
 */
export async function runsThatAreCutOff(t: Stage, database: PostgresHandle, whole: string): Promise<LastRun> {
  const known = new Set<string>();
  let step = 'node src/migrate.ts, with space again';
  for (let runs = 1; ; runs++) {
    const { behind, end } = await runThatIsCutOff(t, database, known, runs > mostRuns);
    if (behind === undefined) return { step, end };
    t.trail.begin();
    const broken = `node src/migrate.ts, and the connection breaks behind ${behind}`;
    // Whoever connects again and does the rest has done it.
    t.require(!end.ok || withoutFiles(await shapeOf(database)) === whole, {
      step: broken,
      expected: 'another exit code than 0, for the rest is not done',
      seen: end.ending,
      ...toldAllIsWell,
    });
    t.step(broken, end.ending);
    step = 'node src/migrate.ts, once more';
  }
}

/** Breaks the connection behind the first statement that stays and is not known, and notes it. */
async function runThatIsCutOff(
  t: Stage,
  database: PostgresHandle,
  known: Set<string>,
  isLast: boolean,
): Promise<{ behind: string | undefined; end: AppCommandEnd }> {
  let before = '';
  let sql = '';
  const isNew = (statement: SentStatement) => {
    if (leavesNothing.test(statement.sql)) return false;
    // A COMMIT is another one behind another statement.
    const now = JSON.stringify([statement.sql, statement.params]);
    const key = before + now;
    before = now;
    if (known.has(key)) return false;
    known.add(key);
    sql = statement.sql;
    return true;
  };
  if (!isLast) database.holdRepliesTo(isNew);
  let hasEnded = false;
  const run = t.migrate({ env: { DATABASE_URL: database.appUrl } });
  run.then(() => {
    hasEnded = true;
  });
  let behind: string | undefined;
  await t.until(
    'the run to end, or a statement that stays',
    async () => {
      if (hasEnded) return true;
      if (database.heldBytes() === 0) return false;
      const states = await statesOf(database);
      if (states.includes('active')) return false;
      if (!states.some((state) => state?.startsWith('idle in transaction'))) {
        behind = inShort(sql);
        return true;
      }
      // Whatever a transaction has done is gone if the connection breaks here. Its COMMIT follows.
      const restored = database.restore();
      database.holdRepliesTo(isNew);
      await restored;
      return false;
    },
    { deadlineMs: 45_000 },
  );
  if (behind !== undefined) await database.cut();
  await database.restore();
  return { behind, end: await run };
}

async function statesOf(database: PostgresHandle): Promise<(string | null)[]> {
  const rows = await database.query<{ state: string | null }>(
    'SELECT state FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()',
    [database.appRole],
  );
  return rows.map(({ state }) => state);
}

/** Its first words, for a trail. */
function inShort(sql: string): string {
  const words = sql
    .replace(/^\s*--.*$/gm, '')
    .trim()
    .split(/\s+/);
  return words.length > 5 ? `${words.slice(0, 5).join(' ')} …` : words.join(' ');
}
