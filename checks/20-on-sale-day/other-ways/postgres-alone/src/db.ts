import { Pool } from 'pg';
import { log } from './log.ts';

/**
 * Five connections are enough for a thousand short statements a second. Whoever gets none in time is told so, and a statement
 * that takes too long is cancelled by PostgreSQL.
 */
export function openPool(connectionString: string): Pool {
  const pool = new Pool({
    connectionString,
    max: 8,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 60_000, // A rush should not begin with new connections.
    statement_timeout: 2_000,
    keepAlive: true,
  });
  pool.on('error', (error) => log(`an idle connection to the database broke: ${error.message}`));
  return pool;
}

/** Whether PostgreSQL can't be reached, or takes too long: that passes, and a client may try again. pg has no class for it. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    /^(ECONNREFUSED|ECONNRESET|EPIPE|57014|57P0\d|53300)$/.test(String(code)) ||
    /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered)/.test(String(message))
  );
}
