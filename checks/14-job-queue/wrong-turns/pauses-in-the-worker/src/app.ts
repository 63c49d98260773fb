import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler } from 'express';
import { type Orders, parsePlaced } from './orders.ts';
import { isRedisAway } from './redis.ts';

export interface AppOptions {
  orders: Orders;
}

const messages: Record<number, string> = { 500: 'a fault of ours', 503: 'try again in a moment' };

/** Encore's order desk. It takes orders, and confirms each of them by e-mail. */
export function createApp({ orders }: AppOptions) {
  const app = express();
  app.use(express.json());

  app.post('/orders', async (req, res) => {
    const placed = parsePlaced(req.body);
    if (!placed) {
      res.status(400).json({ error: 'an order has an event, 1 to 20 seats and an e-mail address' });
      return;
    }
    const id = randomUUID();
    await orders.create(id, placed);
    res.status(202).location(`/orders/${id}`).json({ order: id, status: 'pending' });
  });

  app.get('/orders/:id', async (req, res) => {
    const order = await orders.find(req.params.id);
    if (order) res.json(order);
    else res.status(404).json({ error: 'no such order' });
  });

  const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
    const status = isRedisAway(error) ? 503 : (error.status ?? 500);
    if (status >= 500) console.error(error);
    res.status(status).json({ error: messages[status] ?? 'a malformed request' });
  };
  app.use(answerError);
  return app;
}
