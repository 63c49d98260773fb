import { Pool } from 'pg';

/** Connections to PostgreSQL. There are many visitors, so there are many of them. */
export function openPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 50 });
  pool.on('error', (error) => console.error('an idle connection broke:', error.message));
  return pool;
}
