import { createApp } from './app.ts';
import { openPool } from './database.ts';
import { Orders } from './orders.ts';

const port = Number(process.env.PORT ?? 3000);
const statementTimeoutMs = Number(process.env.STATEMENT_TIMEOUT_MS ?? 2_000);
const pool = openPool(process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/encore', statementTimeoutMs);

const server = createApp({ orders: new Orders(pool) }).listen(port, () =>
  console.log(`orders listening on port ${port}`),
);
process.once('SIGTERM', () => server.close(() => pool.end()));
