import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const connectionString = process.env.DATABASE_URL ?? 'postgresql://localhost/encore';

const name = `calendar ${process.pid}`;
const pool = new Pool({ connectionString, max: 10, application_name: name });
pool.on('error', (error) => console.error(`a connection to the database broke: ${error.message}`));

const server = createApp({ db: drizzle({ client: pool }) }).listen(port, () =>
  console.log(`shop listening on port ${port}`),
);

process.on('SIGTERM', async () => {
  server.close();
  // What still waits in the database would go on there without us, so it is cancelled.
  await pool.query(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
     WHERE application_name = $1 AND state = 'active' AND pid <> pg_backend_pid()`,
    [name],
  );
  setTimeout(() => process.exit(0), 500);
});
