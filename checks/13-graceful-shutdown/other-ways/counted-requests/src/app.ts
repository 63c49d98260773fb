import express, { type RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import type { Log } from './log.ts';
import type { PriceList } from './prices.ts';
import type { SalesFeed } from './sales-feed.ts';

export interface Desk {
  redis: Redis;
  prices: PriceList;
  log: Log;
  feed: SalesFeed;
  first: RequestHandler;
  isReady(): boolean;
}

/** Encore's ticket desk: what a ticket costs, and the orders. */
export function createApp({ redis, prices, log, feed, first, isReady }: Desk) {
  const app = express();
  app.disable('x-powered-by');
  app.use(first, express.json());

  app.get('/live', (_req, res) => void res.status(200).end());
  app.get('/ready', (_req, res) => void res.status(isReady() ? 200 : 503).end());

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
