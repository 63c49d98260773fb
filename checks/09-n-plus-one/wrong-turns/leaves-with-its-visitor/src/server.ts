import { createApp } from './app.ts';
import { Database } from './database.ts';

const port = Number(process.env.PORT ?? 3000);
const database = new Database(process.env.DATABASE_URL ?? 'postgresql://localhost/encore');

const server = createApp({ database }).listen(port, () => console.log(`shop listening on port ${port}`));

process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  // Nobody is waited for much longer: neither the database, nor who has sent nothing or half of a request.
  setTimeout(() => process.exit(0), 3_000);
});
