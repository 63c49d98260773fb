import express, { type Request, type Response } from 'express';
import type { Catalogue } from './catalogue.ts';
import { listEvents, listingOf } from './listing.ts';

const dearestCents = 10_000_000;

/** The ticket shop's events and what they cost. */
export function createApp({ catalogue }: { catalogue: Catalogue }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  // How often the prices of a city have changed. It is the ETag of its listing, which is cheaper than a hash of 60 KB.
  const versions = new Map<string, number>();

  app.get('/events', (req: Request, res: Response) => {
    const { city } = req.query;
    if (typeof city !== 'string' || city === '') {
      res.status(400).json({ error: 'city must be the name of a city' });
      return;
    }
    res.set('ETag', `"${encodeURIComponent(city)}-${versions.get(city) ?? 0}"`);
    if (req.fresh) res.status(304).end();
    else res.json({ city, events: listEvents(catalogue, city) });
  });

  // The pricing desk calls it all day: prices follow demand.
  app.put('/events/:id/price', (req: Request<{ id: string }>, res: Response) => {
    const cents: unknown = req.body?.cents;
    if (typeof cents !== 'number' || !Number.isInteger(cents) || cents < 0 || cents > dearestCents) {
      res.status(400).json({ error: `cents must be a whole number from 0 to ${dearestCents}` });
      return;
    }
    const event = catalogue.setPrice(Number(req.params.id), cents);
    if (!event) {
      res.status(404).json({ error: 'no such event' });
      return;
    }
    versions.set(event.city, (versions.get(event.city) ?? 0) + 1);
    res.json(listingOf(event));
  });

  return app;
}
