import express, { type Request, type Response } from 'express';
import type { Catalogue } from './catalogue.ts';
import { listEvents, listingOf } from './listing.ts';
import { venues } from './venues.ts';

const dearestCents = 10_000_000;

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
    res.json({ city, events: listEvents(catalogue, city) });
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
    const venue = venues.find(({ id }) => id === event.venueId)?.name;
    res.json({ ...listingOf(event), venue });
  });

  return app;
}
