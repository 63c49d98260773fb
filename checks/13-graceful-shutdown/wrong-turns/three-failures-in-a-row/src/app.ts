import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import type { Redis } from 'ioredis';
import type { Drain } from './drain.ts';
import type { Log } from './log.ts';
import type { PriceList } from './prices.ts';
import type { SalesFeed } from './sales-feed.ts';

const lookEveryMs = 2_500;
const lookWithinMs = 1_000;
const failuresInARow = 3;

export interface Desk {
  redis: Redis;
  prices: PriceList;
  log: Log;
  feed: SalesFeed;
  drain: Drain;
}

/** Encore's ticket desk: what a ticket costs, and the orders. */
export function createApp({ redis, prices, log, feed, drain }: Desk) {
  const app = express();
  app.disable('x-powered-by');
  app.use(drain.count);
  app.use(express.json());

  // Should this process be replaced by a new one? An outage of Redis is no reason: a new one would have it, too.
  app.get('/live', (_req, res) => {
    res.json({ status: 'ok' });
  });

  // One late reply is no outage.
  let failures = 0;
  const look = async () => {
    const answer = await Promise.race([redis.ping().catch(() => {}), delay(lookWithinMs)]);
    failures = answer === 'PONG' ? 0 : failures + 1;
    setTimeout(look, lookEveryMs);
  };
  void look();

  // Should it get requests?
  app.get('/ready', (_req, res) => {
    const why = reasonToWait();
    if (why) res.status(503).json({ status: why });
    else res.json({ status: 'ok' });
  });

  function reasonToWait(): string | undefined {
    if (drain.started) return 'draining';
    if (!prices.loaded) return 'no price list yet';
    return failures >= failuresInARow ? 'redis is away' : undefined;
  }

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
