import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import express, { type ErrorRequestHandler } from 'express';
import type { Confirmations } from './confirmations.ts';
import { type Orders, parsePlaced } from './orders.ts';
import { isRedisAway } from './redis.ts';

export interface AppOptions {
  orders: Orders;
  confirmations: Confirmations;
}

const messages: Record<number, string> = { 500: 'a fault of ours', 503: 'try again in a moment' };

/** Encore's order desk. It takes orders; a worker confirms each of them by e-mail. */
export function createApp({ orders, confirmations }: AppOptions) {
  const app = express();
  app.use(express.json());

  app.post('/orders', async (req, res) => {
    const placed = parsePlaced(req.body);
    if (!placed) {
      res.status(400).json({ error: 'an order has an event, 1 to 20 seats and an e-mail address' });
      return;
    }
    const key = req.get('Idempotency-Key');
    const isMine = !key || (await orders.lock(key));
    const id = key ? await orders.claim(key, placed) : randomUUID();
    if (!id) {
      res.status(422).json({ error: 'this Idempotency-Key belongs to another order' });
      return;
    }
    if (id && !isMine) {
      // Somebody else does it: it is there, or will be in a moment.
      let isThere = await orders.find(id);
      for (let tries = 0; !isThere && tries < 5; tries++) {
        await delay(20);
        isThere = await orders.find(id);
      }
      if (isThere) res.status(202).location(`/orders/${id}`).json({ order: id, status: 'pending' });
      else res.status(503).json({ error: 'try again in a moment' });
      return;
    }
    // Each step can be repeated without harm, so whoever repeats a request completes what an earlier one has begun.
    try {
      await orders.create(id, placed);
      await confirmations.add(id);
    } catch (error) {
      if (key) await orders.unlock(key);
      throw error;
    }
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
