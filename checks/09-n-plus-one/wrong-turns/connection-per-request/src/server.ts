import { drizzle } from 'drizzle-orm/node-postgres';
import { Client } from 'pg';
import { createApp } from './app.ts';
import type { Database } from './events.ts';

const port = Number(process.env.PORT ?? 3000);
const connectionString = process.env.DATABASE_URL ?? 'postgresql://localhost/encore';

createApp({ withDatabase }).listen(port, () => console.log(`shop listening on port ${port}`));

/** A connection of its own for what is done with it. */
async function withDatabase<T>(use: (db: Database) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await use(drizzle({ client }));
  } finally {
    await client.end();
  }
}
