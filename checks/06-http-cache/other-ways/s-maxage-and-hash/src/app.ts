import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { cacheRules, Hashes } from './cache-rules.ts';
import { dateIn, type Language, languageOf } from './language.ts';
import { type EventPage, type ShowEvent, type Supplier, SupplierError } from './supplier.ts';
import { mapAddress, mapOf } from './venues.ts';

/** The ticket shop's public pages and the customer's own. The box office has the events; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(cacheRules);
  const hashes = new Hashes();

  /** Answers from the supplier's path, or with 304 if the version is that of a hash that the visitor has. */
  async function answer(req: Request, res: Response, path: string, show: (value: never, language: Language) => object) {
    const language = languageOf(req);
    res.vary('Accept-Language').set('Content-Language', language);
    countVisit(req, res);
    if (req.headers['if-none-match']) {
      const known = hashes.known(`${path} ${language} ${(await supplier.head(path)).version}`);
      if (known) res.set('ETag', known);
      if (known && req.fresh) {
        res.status(304).end();
        return;
      }
    }
    const { version, value } = await supplier.get(path);
    const body = JSON.stringify({ ...show(value as never, language), language });
    res.set('ETag', hashes.remember(`${path} ${language} ${version}`, body));
    res.type('json').send(body);
  }

  app.get('/events', async (req, res) => {
    const { city = '', page = '1' } = req.query;
    if (typeof city !== 'string' || typeof page !== 'string' || !/^[1-9]\d{0,3}$/.test(page)) {
      res.status(400).json({ error: 'city must be a name and page a number from 1' });
      return;
    }
    const path = `/events?${new URLSearchParams({ city, page })}`;
    await answer(req, res, path, (list: EventPage, language) => {
      return { ...list, events: list.events.map((event) => shown(event, language)) };
    });
  });

  app.get('/events/:id', async (req, res) => {
    await answer(req, res, `/events/${encodeURIComponent(req.params.id)}`, shown);
  });

  app.get('/venues/:id/map.svg', (req, res) => {
    const map = mapOf(req.params.id);
    if (!map) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    if (req.query.v === map.version) res.type('svg').send(map.svg);
    else res.redirect(302, `${req.path}?v=${map.version}`);
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
    res.removeHeader('ETag');
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

/** Whoever comes by a partner's link (`?ref=`) is counted: the cookie says which visit it is, and whose. */
function countVisit(req: Request, res: Response): void {
  const { ref } = req.query;
  if (typeof ref !== 'string' || !/^[a-z]{1,20}$/.test(ref)) return;
  res.cookie('visit', `${ref}.${randomUUID()}`, { httpOnly: true, sameSite: 'lax' });
}

function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
