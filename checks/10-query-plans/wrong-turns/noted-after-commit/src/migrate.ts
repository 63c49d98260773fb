import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';

const folder = new URL('../migrations/', import.meta.url);
/** Any number, as long as nobody else uses it in this database. */
const migrationsLock = 20_261_010;

/** Every deploy runs this before it starts the app, and two deploys may do so at once. */
const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
try {
  // Held until this connection ends. Who comes second waits here, and then finds everything done.
  await client.query('SELECT pg_advisory_lock($1)', [migrationsLock]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
  const applied = new Set(rows.map((row) => row.name));
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.sql') || applied.has(file)) continue;
    // The change, or nothing of it.
    await client.query('BEGIN');
    await client.query(readFileSync(new URL(file, folder), 'utf8'));
    await client.query('COMMIT');
    await client.query('INSERT INTO migrations (name) VALUES ($1)', [file]);
    console.log(`applied ${file}`);
  }
} finally {
  await client.end();
}
