import express from 'express';
import type { Redis } from 'ioredis';
import type { Log } from './log.ts';
import type { PriceList } from './prices.ts';
import type { SalesFeed } from './sales-feed.ts';
import { state } from './state.ts';

export interface Desk {
  redis: Redis;
  prices: PriceList;
  log: Log;
  feed: SalesFeed;
}

/** Encore's ticket desk: what a ticket costs, and the orders. */
export function createApp({ redis, prices, log, feed }: Desk) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/live', (_req, res) => {
    res.sendStatus(200);
  });

  app.get('/ready', async (_req, res) => {
    const pong = state.warm && (await within(600, redis.ping()));
    res.sendStatus(pong && !state.ending ? 200 : 503);
  });

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

function within(ms: number, answer: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    answer.then(
      () => true,
      () => false,
    ),
    new Promise<false>((resolve) => setTimeout(resolve, ms, false)),
  ]);
}
