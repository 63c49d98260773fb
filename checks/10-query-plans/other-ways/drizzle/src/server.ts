import { createApp } from './app.ts';
import { openDatabase } from './database.ts';

const port = Number(process.env.PORT ?? 3000);
const timeoutMs = Number(process.env.STATEMENT_TIMEOUT_MS ?? 2_000);
const db = openDatabase(process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/encore', timeoutMs);

createApp(db).listen(port, () => console.log(`orders listening on port ${port}`));
