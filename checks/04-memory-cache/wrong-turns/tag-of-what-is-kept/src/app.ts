import { createHash } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { type EventChange, type Supplier, SupplierError } from './supplier.ts';
import { greet } from './viewer.ts';

/** The ticket shop's events and offers. The box office has them; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/events', async (req, res) => {
    const { city = '', page = '1' } = req.query;
    if (typeof city !== 'string' || typeof page !== 'string' || !/^[1-9]\d{0,3}$/.test(page)) {
      res.status(400).json({ error: 'city must be a name and page a number from 1' });
      return;
    }
    const list = await supplier.events(city, Number(page));
    res.set('ETag', tagOf(list)).json(greet(list, req));
  });

  app.get('/events/:id', async (req, res) => {
    const event = await supplier.event(req.params.id);
    res.set('ETag', tagOf(event)).json(greet(event, req));
  });

  app.put('/events/:id', async (req, res) => {
    const change = parseChange(req.body);
    if (!change) {
      res.status(400).json({ error: 'title and city must be text, priceCents and seatsLeft whole numbers from 0' });
      return;
    }
    res.json(greet(await supplier.change(req.params.id, change), req));
  });

  app.get('/me/offers', async (req, res) => {
    const { authorization } = req.headers;
    if (!authorization) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.json({ offers: (await supplier.offers(authorization)) ?? [] });
  });

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (!(error instanceof SupplierError)) return next(error);
    if (error.status === 404) res.status(404).json({ error: 'no such event' });
    else if (error.status === 401) res.status(401).json({ error: 'please log in' });
    else res.status(502).json({ error: 'the box office does not answer, please try again' });
  });

  return app;
}

/** The same for every customer, as what is kept is. */
function tagOf(kept: object): string {
  return `"${createHash('sha1').update(JSON.stringify(kept)).digest('base64url')}"`;
}

/** What may be changed in an event, or undefined if the body asks for anything else. */
function parseChange(body: unknown): EventChange | undefined {
  const { title, city, priceCents, seatsLeft } = (body ?? {}) as Record<string, unknown>;
  if ([title, city].some((text) => text !== undefined && typeof text !== 'string')) return undefined;
  if (![priceCents, seatsLeft].every((number) => number === undefined || isCount(number))) return undefined;
  return JSON.parse(JSON.stringify({ title, city, priceCents, seatsLeft }));
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}
