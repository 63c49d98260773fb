import { createApp } from './app.ts';
import { openPool } from './database.ts';
import { Orders } from './orders.ts';

const port = Number(process.env.PORT ?? 3000);
const pool = openPool(process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/encore');

createApp({ orders: new Orders(pool) }).listen(port, () => console.log(`orders listening on port ${port}`));
