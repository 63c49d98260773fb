import express from 'express';
import type { Redis } from 'ioredis';
import { pictureOf } from './pictures.ts';
import type { Settings } from './settings.ts';
import type { SoldOut } from './sold-out.ts';

export interface Desk {
  redis: Redis;
  settings: Settings;
  soldOut: SoldOut;
}

/** Encore's ticket desk: prices, orders, and the view from a seat. */
export function createApp({ redis, settings, soldOut }: Desk) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  // The status page asks a few times and lists who serves.
  app.get('/live', (_req, res) => {
    res.json({ status: 'ok', pid: process.pid });
  });

  app.get('/prices/:event', (req, res) => {
    const cents = settings.cents.get(req.params.event);
    if (!soldOut.loaded) res.status(503).json({ error: 'not ready yet' });
    else if (cents === undefined) res.status(404).json({ error: 'no such event' });
    else res.json({ event: req.params.event, cents, soldOut: soldOut.has(req.params.event) });
  });

  app.post('/orders', async (req, res) => {
    const { id, event, seats } = req.body ?? {};
    const cents = settings.cents.get(event);
    if (typeof id !== 'string' || cents === undefined || !(seats >= 1 && seats <= 20)) {
      res.status(400).json({ error: 'an order has an id, an event that we sell, and 1 to 20 seats' });
      return;
    }
    if (!soldOut.loaded || soldOut.has(event)) {
      res.status(soldOut.loaded ? 409 : 503).json({ error: soldOut.loaded ? 'sold out' : 'not ready yet' });
      return;
    }
    const order = { id, event, seats, totalCents: seats * cents + settings.feeCents };
    await redis.rpush('encore:orders', JSON.stringify(order));
    console.log(`${new Date().toISOString()} ${process.pid} order=${id} event=${event} seats=${seats}`);
    res.status(201).json(order);
  });

  app.get('/pictures/:event/:seat', (req, res) => {
    const { event, seat } = req.params;
    if (settings.cents.has(event)) res.type('image/bmp').send(pictureOf(event, seat));
    else res.status(404).json({ error: 'no such event' });
  });

  return app;
}
