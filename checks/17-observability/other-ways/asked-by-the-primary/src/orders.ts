import { randomUUID } from 'node:crypto';
import express, { Router } from 'express';
import { keepBase } from './metrics.ts';
import type { Supplier } from './supplier.ts';

interface Order {
  event: string;
  seats: number;
}

/** Sells seats, with the percent off that the box office offers this customer. */
export function ordersRouter(supplier: Supplier): Router {
  const router = Router();
  router.use(keepBase('/orders'));

  router.post('/', express.json(), async (req, res) => {
    const order = orderIn(req.body);
    if (!order) {
      res.status(400).json({ error: 'an order has an event and 1 to 20 seats' });
      return;
    }
    const event = await supplier.event(order.event);
    // The box office makes offers to customers who have signed in.
    const { authorization } = req.headers;
    const offers = authorization ? await supplier.offers(authorization) : null;
    const percentOff = offers?.find((offer) => offer.event === event.id)?.percentOff ?? 0;
    const totalCents = Math.round((order.seats * event.priceCents * (100 - percentOff)) / 100);
    const sold = { order: randomUUID(), ...order, totalCents };
    await supplier.audit(sold);
    res.status(201).json(sold);
  });

  return router;
}

function orderIn(body: unknown): Order | undefined {
  const { event, seats } = (body ?? {}) as Partial<Order>;
  if (typeof event !== 'string' || typeof seats !== 'number') return undefined;
  return Number.isInteger(seats) && seats >= 1 && seats <= 20 ? { event, seats } : undefined;
}
