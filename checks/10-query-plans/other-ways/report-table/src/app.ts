import express, { type NextFunction, type Request, type Response } from 'express';
import type { Database } from './database.ts';

const columns = `id, reference, email, city, seats, total_cents AS "totalCents", placed_at AS "placedAt"`;
const pages = {
  asc: `SELECT ${columns}, placed_at::text AS exact FROM orders
        WHERE city = $1 AND placed_at >= $2 AND (placed_at > $2 OR id > $3) ORDER BY placed_at, id LIMIT $4`,
  desc: `SELECT ${columns}, placed_at::text AS exact FROM orders
         WHERE city = $1 AND placed_at <= $2 AND (placed_at < $2 OR id < $3) ORDER BY placed_at DESC, id DESC LIMIT $4`,
};

export function createApp(database: Database) {
  const app = express();
  app.use(express.json());

  app.get('/orders', async (req, res) => {
    const signal = goneOf(res);
    const { email, city, sort = 'desc', limit = '20', after } = req.query;
    if (typeof email === 'string') {
      const sql = `SELECT ${columns} FROM orders WHERE email = $1 ORDER BY placed_at DESC, id DESC LIMIT 50`;
      return void res.json({ orders: await database.query(signal, sql, [email]) });
    }
    const size = /^\d{1,4}$/.test(String(limit)) ? Number(limit) : 0;
    const start = sort === 'asc' ? ['-infinity', 0] : ['infinity', 2 ** 31 - 1];
    const from = after === undefined ? start : parse(String(after));
    if (typeof city !== 'string' || (sort !== 'asc' && sort !== 'desc') || size < 1 || size > 1000 || !from)
      return void res.status(400).json({ error: 'email, or city with asc or desc, limit and after' });
    const found = await database.query<{ id: number; exact: string }>(signal, pages[sort], [city, ...from, size + 1]);
    const last = found.length > size ? found[size - 1] : undefined;
    const orders = found.slice(0, size).map(({ exact: _, ...order }) => order);
    res.json({ orders, next: last ? Buffer.from(`${last.exact}|${last.id}`).toString('hex') : null });
  });

  app.get('/reports/daily', async (req, res) => {
    const day = String(req.query.day);
    const sql = `SELECT city, orders, total_cents::float8 AS "totalCents" FROM daily_totals WHERE day = $1 ORDER BY city`;
    if (!/^\d{4}-\d\d-\d\d$/.test(day)) return void res.status(400).json({ error: 'day must be a date' });
    const cities = await database.query<{ orders: number; totalCents: number }>(goneOf(res), sql, [day]);
    const total = (of: 'orders' | 'totalCents') => cities.reduce((all, city) => all + city[of], 0);
    res.json({ day, orders: total('orders'), totalCents: total('totalCents'), cities });
  });

  app.post('/orders', async (req, res) => {
    const { reference, email, city, seats, totalCents } = req.body ?? {};
    const texts = [reference, email, city].every((one) => typeof one === 'string' && one !== '');
    if (!texts || !Number.isInteger(seats) || !Number.isInteger(totalCents))
      return void res.status(400).json({ error: 'not an order' });
    const sql = `INSERT INTO orders (reference, email, city, seats, total_cents) VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`;
    const [order] = await database.query(goneOf(res), sql, [reference, email, city, seats, totalCents]);
    res.status(201).json(order);
  });

  app.use((error: Error & { code?: string }, _req: Request, res: Response, next: NextFunction) => {
    if (error.code === '23505') res.status(409).json({ error: 'this reference is taken' });
    else if (error.code?.startsWith('22') || error.code?.startsWith('23')) res.status(400).json({ error: 'refused' });
    else if (error.code === '57014') res.status(503).json({ error: 'this took too long' });
    else next(error);
  });
  return app;
}

/** Aborted when the visitor goes away before the answer. */
function goneOf(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => res.writableFinished || gone.abort());
  return gone.signal;
}

function parse(after: string): [string, number] | undefined {
  const [time = '', id = ''] = Buffer.from(after, 'hex').toString().split('|');
  return /^[\d: .+-]{19,35}$/.test(time) && /^\d{1,9}$/.test(id) ? [time, Number(id)] : undefined;
}
