import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { hasIt, mayKeep, tagOf } from './caching.ts';
import { dateIn, type Language, languageOf } from './language.ts';
import { type ShowEvent, type Supplier, SupplierError } from './supplier.ts';
import { mapAddress, mapOf } from './venues.ts';

/** The ticket shop's public pages and the customer's own. The box office has the events; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  // Express makes an ETag by hashing every answer. Ours come from the version, before the answer is made.
  app.disable('etag');
  // Nobody keeps what no route has called public.
  app.use((_req, res, next) => {
    mayKeep(res, 'never');
    next();
  });

  app.get('/events', async (req, res) => {
    const { city = '', page = '1' } = req.query;
    if (typeof city !== 'string' || typeof page !== 'string' || !/^[1-9]\d{0,3}$/.test(page)) {
      mayKeep(res, 'never');
      res.status(400).json({ error: 'city must be a name and page a number from 1' });
      return;
    }
    const language = speak(req, res);
    if (asksAgain(req) && hasIt(req, res, tagOf(await supplier.eventsVersion(city, Number(page)), language))) {
      res.status(304).end();
      return;
    }
    const { version, value } = await supplier.events(city, Number(page));
    publish(req, res);
    res.set('ETag', tagOf(version, language));
    res.json({ ...value, language, events: value.events.map((event) => shown(event, language)) });
  });

  app.get('/events/:id', async (req, res) => {
    const { id } = req.params;
    const language = speak(req, res);
    if (asksAgain(req) && hasIt(req, res, tagOf(await supplier.eventVersion(id), language))) {
      res.status(304).end();
      return;
    }
    const { version, value } = await supplier.event(id);
    publish(req, res);
    res.set('ETag', tagOf(version, language));
    res.json({ ...shown(value, language), language });
  });

  app.get('/venues/:id/map.svg', (req, res) => {
    const map = mapOf(req.params.id);
    if (!map) {
      mayKeep(res, 'never');
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    mayKeep(res, req.query.v === map.version ? 'forever' : 'askFirst');
    res.set('ETag', tagOf(map.version));
    res.type('svg').send(map.svg);
  });

  app.get('/me', async (req, res) => {
    mayKeep(res, 'private');
    const token = cookieOf(req, 'session');
    if (!token) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.json({ name: token.split('.')[0], offers: (await supplier.offers(token)) ?? [] });
  });

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    // Whatever was going to be said about the page is not true of its error.
    for (const name of ['ETag', 'Set-Cookie']) res.removeHeader(name);
    mayKeep(res, 'never');
    if (!(error instanceof SupplierError)) return next(error);
    if (error.status === 404) res.status(404).json({ error: 'no such event' });
    else if (error.status === 401) res.status(401).json({ error: 'please log in' });
    else res.status(502).json({ error: 'the box office does not answer, please try again' });
  });

  return app;
}

/** Chooses the language, and tells caches that it was chosen. */
function speak(req: Request, res: Response): Language {
  const language = languageOf(req);
  res.vary('Accept-Language').set('Content-Language', language);
  return language;
}

/** Public, unless it counts a visit: a kept cookie would make one visit of all. */
function publish(req: Request, res: Response): void {
  mayKeep(res, countVisit(req, res) ? 'never' : 'public');
}

function asksAgain(req: Request): boolean {
  return req.headers['if-none-match'] !== undefined;
}

/** What a page shows of an event. */
function shown(event: ShowEvent, language: Language) {
  return { ...event, when: dateIn(language, event), map: mapAddress(event.venue) };
}

/** Whoever comes by a partner's link (`?ref=`) is counted: the cookie says which visit it is, and whose. */
function countVisit(req: Request, res: Response): boolean {
  const { ref } = req.query;
  if (typeof ref !== 'string' || !/^[a-z]{1,20}$/.test(ref)) return false;
  res.cookie('visit', `${ref}.${randomUUID()}`, { httpOnly: true, sameSite: 'lax' });
  return true;
}

function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
