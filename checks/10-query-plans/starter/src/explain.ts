import { Client } from 'pg';

/** A tool: DATABASE_URL=… node src/explain.ts "SELECT …" shows what PostgreSQL does for a statement. */
const [sql = ''] = process.argv.slice(2);
const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
try {
  await client.query('BEGIN');
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ${sql}`);
  for (const row of rows) console.log(row['QUERY PLAN']);
  await client.query('ROLLBACK'); // ANALYZE executes the statement.
} finally {
  await client.end();
}
