import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import express from 'express';
import type { Logger } from 'pino';
import { feeCents } from './fees.ts';
import { requestLog } from './log.ts';
import { invalidFields, type Order } from './order.ts';
import { ClientError, notFound, problemHandler } from './problems.ts';
import { type Supplier, SupplierError } from './supplier.ts';

export interface AppOptions {
  supplier: Supplier;
  planFile: string;
  refreshMs: number;
  log: Logger;
}

/** Encore's order desk. The box office has the events; the desk shows and sells them. */
export function createApp({ supplier, planFile, refreshMs, log }: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  let seatsLeft: number | null = null;
  const refresh = async () => {
    try {
      seatsLeft = (await supplier.stats()).seatsLeft;
    } catch (error) {
      log.error(error, 'the seats were not refreshed');
    }
  };
  refresh();
  setInterval(refresh, refreshMs);

  async function eventOf(id: string, requestId: string) {
    try {
      return await supplier.event(id, requestId);
    } catch (error) {
      if (error instanceof SupplierError && error.status === 404) throw new ClientError(404, 'No such event.');
      throw error;
    }
  }

  app.get('/seats', (_req, res) => {
    res.json({ seatsLeft });
  });

  app.get('/events/:id', async (req, res) => {
    res.json(await eventOf(req.params.id, String(req.id)));
  });

  app.post('/orders', async (req, res) => {
    const errors = invalidFields(req.body);
    if (errors.length > 0) throw new ClientError(422, 'Some fields of the order are not valid.', errors);
    const { event: id, seats } = req.body as Order;
    const event = await eventOf(id, String(req.id));
    const fee = feeCents(event.city) ?? 0;
    const order = { order: randomUUID(), event: id, seats, totalCents: seats * (event.priceCents + fee) };
    res.status(201).json(order);
    // The customer does not wait for it, so no handler hears of its failure.
    supplier.audit(order, String(req.id)).catch((error) => req.log.error(error, 'the audit was not told'));
  });

  app.get('/fees/:city', (req, res) => {
    const fee = feeCents(req.params.city);
    if (fee === undefined) throw new ClientError(404, 'No fees for this city.');
    res.json({ city: req.params.city, feeCents: fee });
  });

  app.get('/plan', async (_req, res) => {
    // Read before the answer begins: afterwards there is no way left to say 500.
    const plan = await readFile(planFile);
    res.type('text/plain').send(plan);
  });

  app.get('/export/:city', async (req, res) => {
    res.type('application/x-ndjson');
    let pages = 1;
    for (let page = 1; page <= pages; page++) {
      const listing = await supplier.events(req.params.city, page, String(req.id));
      pages = listing.pages;
      for (const event of listing.events) res.write(`${JSON.stringify(event)}\n`);
    }
    res.end();
  });

  app.use(notFound);
  app.use(problemHandler);
  return app;
}
