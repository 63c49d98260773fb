import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';

export function openDatabase(connectionString: string, statementTimeoutMs: number) {
  const options = `-c statement_timeout=${statementTimeoutMs}`;
  const pool = new Pool({ connectionString, max: 8, connectionTimeoutMillis: 3_000, options });
  pool.on('error', (error) => console.error('an idle connection broke:', error.message));
  return drizzle(pool);
}

export type Database = ReturnType<typeof openDatabase>;
