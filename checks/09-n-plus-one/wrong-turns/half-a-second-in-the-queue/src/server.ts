import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const connectionString = process.env.DATABASE_URL ?? 'postgresql://localhost/encore';

const pool = new Pool({ connectionString, max: 10, connectionTimeoutMillis: 500 });
pool.on('error', (error) => console.error(`a connection to the database broke: ${error.message}`));

createApp({ db: drizzle({ client: pool }) }).listen(port, () => console.log(`shop listening on port ${port}`));
