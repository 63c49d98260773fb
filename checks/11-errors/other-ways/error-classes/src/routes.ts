import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { Router } from 'express';
import { InvalidOrder, NotFound } from './errors.ts';
import { feeCents } from './fees.ts';
import { invalidFields, type Order } from './order.ts';
import type { Supplier } from './supplier.ts';

export function routes({ supplier, planFile }: { supplier: Supplier; planFile: string }): Router {
  const router = Router();

  router.get('/events/:id', async (req, res) => {
    res.json(await supplier.for(res.locals.id).event(req.params.id));
  });

  router.post('/orders', async (req, res) => {
    const errors = invalidFields(req.body);
    if (errors.length > 0) throw new InvalidOrder(errors);
    const { event: id, seats } = req.body as Order;
    const asked = supplier.for(res.locals.id);
    const event = await asked.event(id);
    const totalCents = seats * (event.priceCents + (feeCents(event.city) ?? 0));
    const order = { order: randomUUID(), event: id, seats, totalCents };
    res.status(201).json(order);
    try {
      await asked.audit(order);
    } catch (err) {
      res.locals.log.error({ err }, 'audit failed');
    }
  });

  router.get('/fees/:city', (req, res) => {
    const fee = feeCents(req.params.city);
    if (fee === undefined) throw new NotFound('no fees');
    res.json({ city: req.params.city, feeCents: fee });
  });

  router.get('/plan', (_req, res) => {
    res.type('txt').sendFile(resolve(planFile), { cacheControl: false, dotfiles: 'allow' });
  });

  router.get('/export/:city', async (req, res) => {
    for await (const event of supplier.for(res.locals.id).eventsOf(req.params.city)) {
      if (!res.headersSent) res.type('application/x-ndjson');
      if (!res.write(`${JSON.stringify(event)}\n`) && !res.closed) await once(res, 'drain');
    }
    res.end();
  });

  return router;
}
