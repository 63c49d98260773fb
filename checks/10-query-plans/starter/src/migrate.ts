import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';

const folder = new URL('../migrations/', import.meta.url);

/** Every deploy runs this before it starts the app. */
const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
try {
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.sql')) continue;
    await client.query(readFileSync(new URL(file, folder), 'utf8'));
    console.log(`applied ${file}`);
  }
} finally {
  await client.end();
}
