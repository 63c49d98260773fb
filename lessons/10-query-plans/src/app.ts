import express, { type NextFunction, type Request, type Response } from 'express';
import { decodeCursor } from './cursor.ts';
import type { NewOrder, Orders } from './orders.ts';

/** The order desk's API. */
export function createApp({ orders }: { orders: Orders }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/orders', async (req, res) => {
    const { email, city, after, sort = 'desc', limit = '20' } = req.query;
    if (typeof email === 'string') {
      res.json({ orders: await orders.ofCustomer(email) });
      return;
    }
    if (typeof city !== 'string' || typeof sort !== 'string') {
      refuse(res, 'either email or city is needed');
      return;
    }
    const cursor = typeof after === 'string' ? decodeCursor(after) : undefined;
    if (after !== undefined && !cursor) refuse(res, 'after must be the next of a page');
    else if (!/^\d{1,4}$/.test(String(limit)) || Number(limit) < 1 || Number(limit) > 1000)
      refuse(res, 'limit must be a number from 1 to 1000');
    else res.json(await orders.ofCity(city, sort, Number(limit), cursor));
  });

  app.get('/reports/daily', async (req, res) => {
    const day = String(req.query.day);
    if (!isDay(day)) {
      refuse(res, 'day must be a date such as 2025-02-14');
      return;
    }
    const cities = await orders.ofDay(day);
    const sum = (of: 'orders' | 'totalCents') => cities.reduce((total, city) => total + city[of], 0);
    res.json({ day, orders: sum('orders'), totalCents: sum('totalCents'), cities });
  });

  app.post('/orders', async (req, res) => {
    const order = parseOrder(req.body);
    if (!order) refuse(res, 'reference, email and city must be text, seats and totalCents whole numbers');
    else res.status(201).json(await orders.place(order));
  });

  app.use((error: Error & { code?: string }, _req: Request, res: Response, next: NextFunction) => {
    // What PostgreSQL calls unique_violation and check_violation.
    if (error.code === '23505') res.status(409).json({ error: 'there is an order with this reference' });
    else if (error.code === '23514') refuse(res, 'seats must be 1 to 8, and totalCents not negative');
    else next(error);
  });

  return app;
}

function refuse(res: Response, error: string): void {
  res.status(400).json({ error });
}

/** "2025-02-14", and no 30th of February. There was no year 0. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return (
    /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text)
  );
}

/** The order in a body, or undefined if it is none. What seats may be is up to the table. */
function parseOrder(body: unknown): NewOrder | undefined {
  const { reference, email, city, seats, totalCents } = (body ?? {}) as NewOrder;
  if (![reference, email, city].every((text) => typeof text === 'string' && text !== '')) return undefined;
  if (![seats, totalCents].every((number) => Number.isInteger(number) && Math.abs(number) < 2 ** 31)) return undefined;
  return { reference, email, city, seats, totalCents };
}
