import { randomUUID } from 'node:crypto';
import express, { type Request } from 'express';
import type { Redis } from 'ioredis';
import { type Event, eventOf, events, seatPlan } from './events.ts';
import type { Orders } from './orders.ts';

export interface Desk {
  redis: Redis;
  orders: Orders;
  draining: boolean;
}

/** Members pay less, and see it. */
const members: Record<string, number> = { 'Bearer ada.9f31c7': 0.5, 'Bearer grace.51d0e2': 0.8 };

/** Encore's ticket desk. */
export function createApp(desk: Desk) {
  const { redis, orders } = desk;
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '100kb' }));

  app.get('/live', (_req, res) => void res.json({ status: 'ok' }));

  app.get('/ready', async (_req, res) => {
    const isThere = await redis.ping().then(
      () => true,
      () => false,
    );
    res.status(isThere && !desk.draining ? 200 : 503).json({ redis: isThere, draining: desk.draining });
  });

  const shown = async ({ id, city, title, cents, seats }: Event, req: Request) => {
    const share = members[req.get('authorization') ?? ''];
    const left = seats - (await orders.sold(id));
    return { id, city, title, cents, left, ...(share ? { memberCents: cents * share } : {}) };
  };

  app.get('/events', async (req, res) => {
    if (!req.get('authorization')) res.set('X-Accel-Expires', '1');
    const wanted = events.filter(({ city }) => !req.query.city || city === req.query.city);
    res.json(await Promise.all(wanted.map((event) => shown(event, req))));
  });

  app.get('/events/:id', async (req, res) => {
    const event = eventOf(req.params.id);
    if (!event) return void res.status(404).json({ error: 'no such event' });
    if (!req.get('authorization')) res.set('X-Accel-Expires', '1');
    res.json(await shown(event, req));
  });

  app.get('/events/:id/seats.csv', (req, res) => {
    const event = eventOf(req.params.id);
    if (!event) return void res.status(404).json({ error: 'no such event' });
    res.type('text/csv').end(seatPlan(event));
  });

  // A place in the waiting room belongs to the browser that has asked for it.
  app.get('/waiting-room', (_req, res) => {
    const place = randomUUID();
    res.cookie('place', place, { httpOnly: true }).json({ place });
  });

  app.post('/orders', async (req, res) => {
    const { event: id, seats } = req.body ?? {};
    const event = eventOf(id);
    if (!event || !(Number.isInteger(seats) && seats >= 1 && seats <= 20))
      return void res.status(400).json({ error: 'an order has an event that we sell, and 1 to 20 seats' });
    const order = await orders.place(event.id, seats, event.cents);
    res
      .status(201)
      .location(`http://${req.get('host')}/orders/${order.id}`)
      .json(order);
  });

  app.get('/orders/:id', async (req, res) => {
    const order = await orders.find(req.params.id);
    if (!order) return void res.status(404).json({ error: 'no such order' });
    res.json(order);
  });

  // For the people at the phone: "what do you see of me?"
  app.get(
    '/whoami',
    (req, res) => void res.json({ address: req.get('x-real-ip'), protocol: 'http', host: req.get('host') }),
  );

  return app;
}
