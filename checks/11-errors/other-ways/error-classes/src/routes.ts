import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { Router } from 'express';
import { InvalidOrder, NotFound } from './errors.ts';
import { feeCents } from './fees.ts';
import type { Supplier } from './supplier.ts';

const checks: Record<string, (value: unknown) => boolean> = {
  event: (value) => typeof value === 'string' && value !== '',
  seats: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= 20,
  email: (value) => typeof value === 'string' && value.includes('@'),
};

export function routes({ supplier, planFile }: { supplier: Supplier; planFile: string }): Router {
  const router = Router();

  router.get('/events/:id', async (req, res) => {
    res.json(await supplier.for(res.locals.id).event(req.params.id));
  });

  router.post('/orders', async (req, res) => {
    const body: Record<string, unknown> = { ...req.body };
    const wrong = Object.keys(checks).filter((field) => !checks[field]?.(body[field]));
    if (wrong.length > 0) throw new InvalidOrder(wrong);
    const asked = supplier.for(res.locals.id);
    const event = await asked.event(String(body.event));
    const totalCents = Number(body.seats) * (event.priceCents + (feeCents(event.city) ?? 0));
    const order = { order: randomUUID(), event: body.event, seats: body.seats, totalCents };
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
