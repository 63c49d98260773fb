import express, { type NextFunction, type Request, type Response } from 'express';
import type { Database } from './database.ts';
import { ofCity, ofCustomer, ofDay, orders } from './orders.ts';

export function createApp(db: Database) {
  const app = express();
  app.use(express.json());

  app.get('/orders', async (req, res) => {
    const { email, city, sort = 'desc', limit = '20', after } = req.query;
    if (typeof email === 'string') return void res.json({ orders: await ofCustomer(db, email) });
    const size = Number(limit);
    const cursor = after === undefined ? undefined : Number(/^o(\d{1,9})$/.exec(String(after))?.[1]);
    const right =
      typeof city === 'string' &&
      (sort === 'asc' || sort === 'desc') &&
      Number.isInteger(size) &&
      size >= 1 &&
      size <= 1000 &&
      !Number.isNaN(cursor);
    if (!right) return void res.status(400).json({ error: 'email, or city with asc or desc, limit and after' });
    res.json(await ofCity(db, city, sort, size, cursor));
  });

  app.get('/reports/daily', async (req, res) => {
    const day = String(req.query.day);
    const isDay =
      /^(?!0000)\d{4}-\d\d-\d\d$/.test(day) && new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8));
    if (!isDay) return void res.status(400).json({ error: 'day must be a date' });
    res.json(await ofDay(db, day));
  });

  app.post('/orders', async (req, res) => {
    const { reference, email, city, seats, totalCents } = req.body ?? {};
    const right = [reference, email, city].every((one) => typeof one === 'string' && one !== '');
    if (
      !right ||
      !(seats >= 1 && seats <= 8) ||
      !Number.isInteger(seats) ||
      !Number.isInteger(totalCents) ||
      totalCents < 0 ||
      totalCents >= 2 ** 31
    )
      return void res.status(400).json({ error: 'not an order' });
    const [placed] = await db
      .insert(orders)
      .values({ reference, email, city, seats, totalCents })
      .onConflictDoNothing({ target: orders.reference })
      .returning();
    if (placed) res.status(201).json(placed);
    else res.status(409).json({ error: 'this reference is taken' });
  });

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    // The parser of bodies names a status.
    res.status(error.status ?? 503).json({ error: error.status ? 'not an order' : 'please try again' });
  });
  return app;
}
