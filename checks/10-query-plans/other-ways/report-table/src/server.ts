import { createApp } from './app.ts';
import { Database } from './database.ts';

const port = Number(process.env.PORT ?? 3000);
const limitMs = Number(process.env.STATEMENT_TIMEOUT_MS ?? 2_000);
const database = new Database(process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/encore', limitMs);
createApp(database).listen(port, () => console.log(`orders listening on port ${port}`));
