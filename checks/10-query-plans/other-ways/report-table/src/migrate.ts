import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';

const folder = new URL('../migrations/', import.meta.url);
const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
try {
  // Everything that is new, or nothing.
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock(4711)');
  await client.query('CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)');
  const { rows } = await client.query('SELECT coalesce(max(version), 0) AS version FROM schema_version');
  for (const file of readdirSync(folder).sort()) {
    const version = Number(file.slice(0, 3));
    if (version <= rows[0].version) continue;
    await client.query(readFileSync(new URL(file, folder), 'utf8'));
    await client.query('INSERT INTO schema_version VALUES ($1)', [version]);
  }
  await client.query('COMMIT');
} finally {
  await client.end();
}
