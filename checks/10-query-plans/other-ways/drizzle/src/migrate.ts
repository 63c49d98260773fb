import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';

const folder = new URL('../migrations/', import.meta.url);
const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
try {
  await client.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('order desk migrations'))");
  for (const file of readdirSync(folder).sort()) {
    await client.query(readFileSync(new URL(file, folder), 'utf8'));
  }
  await client.query('COMMIT');
} finally {
  await client.end();
}
