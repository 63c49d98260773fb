import type { Client } from 'pg';

/** Where the statement counter lives: not in the app's way, and not in what a tool lists as its tables. */
export const checksSchema = 'encore_checks';

/** Sets up the counting of statements. Returns why not, where the server does not let us. */
export async function countStatements(admin: Client): Promise<string | undefined> {
  try {
    await admin.query(`CREATE SCHEMA IF NOT EXISTS ${checksSchema}`);
    await admin.query(`CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA ${checksSchema}`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a well-kept database has: fresh statistics, and pages that need no second look. System tables have them already. */
export async function tidy(admin: Client): Promise<void> {
  const { rows } = await admin.query(`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`);
  const tables = rows.map(({ name }: { name: string }) => name);
  if (tables.length > 0) await admin.query(`VACUUM (FREEZE, ANALYZE) ${tables.join(', ')}`);
}
