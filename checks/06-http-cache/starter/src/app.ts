import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { dateIn, type Language, languageOf } from './language.ts';
import { type ShowEvent, type Supplier, SupplierError } from './supplier.ts';
import { mapAddress, mapOf } from './venues.ts';

/** The ticket shop's public pages and the customer's own. The box office has the events; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  // Express makes an ETag by hashing every answer. That saves no work, because the answer is made by then.
  app.disable('etag');

  // The uptime monitor sends HEAD every second. It only wants to know whether the shop answers.
  app.head(['/events', '/events/:id'], (_req, res) => {
    res.end();
  });

  app.get('/events', async (req, res) => {
    const { city = '', page = '1' } = req.query;
    if (typeof city !== 'string' || typeof page !== 'string' || !/^[1-9]\d{0,3}$/.test(page)) {
      res.status(400).json({ error: 'city must be a name and page a number from 1' });
      return;
    }
    const language = languageOf(req);
    const list = await supplier.events(city, Number(page));
    countVisit(req, res);
    res.json({ ...list, language, events: list.events.map((event) => shown(event, language)) });
  });

  app.get('/events/:id', async (req, res) => {
    const language = languageOf(req);
    const event = await supplier.event(req.params.id);
    countVisit(req, res);
    res.json({ ...shown(event, language), language });
  });

  app.get('/venues/:id/map.svg', (req, res) => {
    const map = mapOf(req.params.id);
    if (!map) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    res.type('svg').send(map.svg);
  });

  app.get('/me', async (req, res) => {
    const token = cookieOf(req, 'session');
    if (!token) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.json({ name: token.split('.')[0], offers: (await supplier.offers(token)) ?? [] });
  });

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (!(error instanceof SupplierError)) return next(error);
    if (error.status === 404) res.status(404).json({ error: 'no such event' });
    else if (error.status === 401) res.status(401).json({ error: 'please log in' });
    else res.status(502).json({ error: 'the box office does not answer, please try again' });
  });

  return app;
}

/** What a page shows of an event. */
function shown(event: ShowEvent, language: Language) {
  return { ...event, when: dateIn(language, event), map: mapAddress(event.venue) };
}

/** Counts visitors who follow a partner's link (`?ref=`): the cookie says which visit it is, and whose. */
function countVisit(req: Request, res: Response): void {
  const { ref } = req.query;
  if (typeof ref !== 'string' || !/^[a-z]{1,20}$/.test(ref)) return;
  res.cookie('visit', `${ref}.${randomUUID()}`, { httpOnly: true, sameSite: 'lax' });
}

function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
