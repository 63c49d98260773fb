import express, { type Request, type Response } from 'express';
import type { Redis } from 'ioredis';
import type { Log } from './log.ts';
import type { PriceList } from './prices.ts';
import { SalesFeed } from './sales-feed.ts';

export interface Desk {
  redis: Redis;
  prices: PriceList;
  log: Log;
}

/** Encore's ticket desk: what a ticket costs, and the orders. */
export function createApp({ redis, prices, log }: Desk) {
  const app = express();
  const feed = new SalesFeed();
  app.disable('x-powered-by');
  app.use(express.json());

  async function health(_req: Request, res: Response) {
    try {
      await redis.ping();
      res.json({ status: 'ok' });
    } catch {
      res.status(503).json({ status: 'redis is away' });
    }
  }
  app.get('/health', health);
  // The new platform wants two addresses.
  app.get('/live', health);
  app.get('/ready', health);

  app.get('/prices/:event', (req, res) => {
    const cents = prices.of(req.params.event);
    if (cents === undefined) res.status(404).json({ error: 'no such event' });
    else res.json({ event: req.params.event, cents });
  });

  app.post('/orders', async (req, res) => {
    const { id, event, seats } = req.body ?? {};
    const cents = prices.of(event);
    if (typeof id !== 'string' || cents === undefined || !(seats >= 1 && seats <= 20)) {
      res.status(400).json({ error: 'an order has an id, an event that we sell, and 1 to 20 seats' });
      return;
    }
    const order = { id, event, seats, totalCents: seats * cents };
    await redis.rpush('encore:orders', JSON.stringify(order));
    log.line(`order ${id}: ${seats} seats for ${event}`);
    feed.tell(order);
    res.status(201).json(order);
  });

  // The board in the office shows each order as it comes.
  app.get('/sales', (_req, res) => feed.open(res));

  return app;
}
