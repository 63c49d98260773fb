import express, { type Request, type Response } from 'express';
import type { Catalogue } from './catalogue.ts';
import { cityEvents, type Listing, listingOf } from './listing.ts';

const pieceSize = 25;

const dearestCents = 10_000_000;

/** The ticket shop's events and what they cost. */
export function createApp({ catalogue }: { catalogue: Catalogue }) {
  const kept = new Map<string, Listing[]>();

  /** Gives way to other requests between two pieces, and keeps what it has made. */
  async function listing(city: string): Promise<Listing[]> {
    const known = kept.get(city);
    if (known) return known;
    const events = cityEvents(catalogue, city);
    const made: Listing[] = [];
    for (let at = 0; at < events.length; at += pieceSize) {
      made.push(...events.slice(at, at + pieceSize).map(listingOf));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (made.length > 0) kept.set(city, made);
    return made;
  }

  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/events', async (req: Request, res: Response) => {
    const { city } = req.query;
    if (typeof city !== 'string' || city === '') {
      res.status(400).json({ error: 'city must be the name of a city' });
      return;
    }
    res.json({ city, events: await listing(city) });
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
    kept.delete(event.city);
    res.json(listingOf(event));
  });

  return app;
}
