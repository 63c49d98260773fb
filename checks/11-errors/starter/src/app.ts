import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import express from 'express';
import { feeCents } from './fees.ts';
import { invalidFields, type Order } from './order.ts';
import { type Supplier, SupplierError } from './supplier.ts';

export interface AppOptions {
  supplier: Supplier;
  planFile: string;
  refreshMs: number;
}

/** Encore's order desk. The box office has the events; the desk shows and sells them. */
export function createApp({ supplier, planFile, refreshMs }: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.use((req, _res, next) => {
    console.log(`${req.method} ${req.url} ${JSON.stringify(req.headers)}`);
    next();
  });
  app.use(express.json());

  let seatsLeft: number | null = null;
  const refresh = async () => {
    const stats = await supplier.stats();
    seatsLeft = stats.seatsLeft;
  };
  refresh();
  setInterval(refresh, refreshMs);

  app.get('/seats', (_req, res) => {
    res.json({ seatsLeft });
  });

  app.get('/events/:id', async (req, res) => {
    try {
      res.json(await supplier.event(req.params.id));
    } catch (error) {
      if (error instanceof SupplierError && error.status === 404) res.status(404).json({ error: 'no such event' });
      else res.status(500).json({ error: String(error) });
    }
  });

  app.post('/orders', async (req, res) => {
    try {
      if (invalidFields(req.body).length > 0) {
        console.log(`bad order ${JSON.stringify(req.body)}`);
        res.status(400).send('Please check your order.');
        return;
      }
      const { event: id, seats } = req.body as Order;
      const event = await supplier.event(id);
      const fee = feeCents(event.city) ?? 0;
      const order = { order: randomUUID(), event: id, seats, totalCents: seats * (event.priceCents + fee) };
      res.status(201).json(order);
      supplier.audit(order);
    } catch (error) {
      console.log(`order failed: ${error}`);
      const { message, stack } = error as Error;
      res.status(500).json({ message, stack });
    }
  });

  app.get('/fees/:city', (req, res) => {
    const fee = feeCents(req.params.city);
    if (fee === undefined) res.status(404).send('No fees for this city.');
    else res.json({ city: req.params.city, feeCents: fee });
  });

  app.get('/plan', (_req, res) => {
    res.type('text/plain');
    createReadStream(planFile).pipe(res);
  });

  app.get('/export/:city', async (req, res) => {
    try {
      res.type('application/x-ndjson');
      let pages = 1;
      for (let page = 1; page <= pages; page++) {
        const listing = await supplier.events(req.params.city, page);
        pages = listing.pages;
        for (const event of listing.events) res.write(`${JSON.stringify(event)}\n`);
      }
      res.end();
    } catch (error) {
      console.log(`export failed: ${error}`);
      res.end();
    }
  });

  return app;
}
