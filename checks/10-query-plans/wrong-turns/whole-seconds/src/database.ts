import { Pool } from 'pg';

/**
 * Connections to PostgreSQL. Eight are enough for hundreds of short queries a second. Whoever gets none within two seconds
 * is told so, and a query that takes longer than it may is cancelled by PostgreSQL, whether somebody still waits or not.
 */
export function openPool(connectionString: string, statementTimeoutMs: number): Pool {
  const pool = new Pool({
    connectionString,
    max: 8,
    connectionTimeoutMillis: 2_000,
    options: `-c statement_timeout=${Math.ceil(statementTimeoutMs / 1000)}s`,
  });
  pool.on('error', (error) => console.error('an idle connection broke:', error.message));
  return pool;
}
