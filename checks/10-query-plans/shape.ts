import type { AppCommandEnd, PostgresHandle, Stage } from '../harness/sdk/index.ts';

/** Files and the indexes of TOAST tables have other names in each database. */
export function withoutFiles(shape: string): string {
  return shape
    .split('\n')
    .filter((line) => !line.startsWith('file of ') && !line.includes('pg_toast'))
    .join('\n');
}

export function requireOk(t: Stage, { ok, ending, output }: AppCommandEnd, step: string, teaching: object): void {
  const line =
    output.lastLines(60).find((one) => /^\w*(error|exception): /i.test(one)) ??
    output.lastLines(1)[0] ??
    'it printed nothing';
  t.require(ok, { step, expected: 'exit code 0', seen: `${ending}: ${line.trim()}`, ...teaching });
}

/** How many indexes the app's tables have that can be used. Asks no table, so it waits for no lock. */
export async function indexesOf(database: PostgresHandle): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = $1 AND i.indisvalid`,
    [database.appRole],
  );
  return row?.n ?? 0;
}

/** Columns, indexes without their names, how many orders there are, and where each table and index is stored: a line each. */
export async function shapeOf(database: PostgresHandle): Promise<string> {
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

export function difference(before: string, after: string): string {
  const old = before.split('\n');
  const added = after
    .split('\n')
    .filter((line) => !old.includes(line) || after.split(line).length > before.split(line).length);
  const rebuilt = added.find((line) => line.startsWith('file of '))?.match(/^file of (.*): /)?.[1];
  const other = added.find((line) => !line.startsWith('file of '));
  return !other && rebuilt ? `${rebuilt} was built again` : `now there is ${other ?? 'less than before'}`;
}
