import express, { type Request, type Response } from 'express';
import type { Catalogue } from './catalogue.ts';
import { type Listing, listEvents, listingOf } from './listing.ts';

const dearestCents = 10_000_000;
const listings = new Map<string, Listing[]>();

/** The ticket shop's events and what they cost. */
export function createApp({ catalogue }: { catalogue: Catalogue }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/events', (req: Request, res: Response) => {
    const { city } = req.query;
    if (typeof city !== 'string' || city === '') {
      res.status(400).json({ error: 'city must be the name of a city' });
      return;
    }
    const events = listings.get(city) ?? listEvents(catalogue, city);
    listings.set(city, events);
    res.json({ city, events });
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
    listings.delete(event.city);
    res.json(listingOf(event));
  });

  return app;
}
