import { createHash, randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { hasTag, keepNothing, mayKeep, tagOf } from './caching.ts';
import { dateIn, type Language, languageOf } from './language.ts';
import { type ShowEvent, type Supplier, SupplierError } from './supplier.ts';
import { mapAddress, mapOf } from './venues.ts';

/** The ticket shop's public pages and the customer's own. The box office has the events; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  // Express makes an ETag by hashing every answer. Ours come from the version, before the answer is made.
  app.disable('etag');
  app.use(keepNothing);

  app.get('/events', async (req, res) => {
    const { city = '', page = '1' } = req.query;
    if (typeof city !== 'string' || typeof page !== 'string' || !/^[1-9]\d{0,3}$/.test(page)) {
      res.status(400).json({ error: 'city must be a name and page a number from 1' });
      return;
    }
    const language = speak(req, res);
    const partner = partnerOf(req);
    if (partner) countVisit(res, partner);
    else mayKeep(res, 'public'); // A cache that kept a cookie would make all visits one.
    const { value } = await supplier.events(city, Number(page));
    if (endWithoutBody(req, res, whatSells(value.events), language)) return;
    res.json({ ...value, language, events: value.events.map((event) => shown(event, language)) });
  });

  app.get('/events/:id', async (req, res) => {
    const { id } = req.params;
    const language = speak(req, res);
    const partner = partnerOf(req);
    if (partner) countVisit(res, partner);
    else mayKeep(res, 'public'); // A cache that kept a cookie would make all visits one.
    const { value } = await supplier.event(id);
    if (endWithoutBody(req, res, whatSells([value]), language)) return;
    res.json({ ...shown(value, language), language });
  });

  app.get('/venues/:id/map.svg', (req, res) => {
    const map = mapOf(req.params.id);
    if (!map) {
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
    // The headers of the page are wrong for its error.
    for (const name of ['ETag', 'Set-Cookie']) res.removeHeader(name);
    mayKeep(res, 'never');
    if (!(error instanceof SupplierError)) return next(error);
    if (error.status === 404) res.status(404).json({ error: 'no such event' });
    else if (error.status === 401) res.status(401).json({ error: 'please log in' });
    else res.status(502).json({ error: 'the box office does not answer, please try again' });
  });

  return app;
}

/** Chooses the language, and tells caches that it depends on the request. */
function speak(req: Request, res: Response): Language {
  const language = languageOf(req);
  res.vary('Accept-Language').set('Content-Language', language);
  return language;
}

/** What changes, in a few letters. */
function whatSells(events: ShowEvent[]): string {
  const changing = events.map(({ id, title, priceCents, seatsLeft }) => [id, title, priceCents, seatsLeft]);
  return createHash('sha1').update(JSON.stringify(changing)).digest('hex').slice(0, 12);
}

/** Ends an answer that has no body: a 304, or the answer to HEAD. @returns whether it did. */
function endWithoutBody(req: Request, res: Response, version: string | undefined, language: Language): boolean {
  const tag = version === undefined ? undefined : tagOf(version, language);
  const same = tag !== undefined && hasTag(req, tag);
  if (tag) res.set('ETag', tag);
  if (!same && req.method !== 'HEAD') return false;
  if (same) res.status(304).end();
  else res.type('json').end();
  return true;
}

/** What a page shows of an event. */
function shown(event: ShowEvent, language: Language) {
  return { ...event, when: dateIn(language, event), map: mapAddress(event.venue) };
}

/** The partner whose link (`?ref=`) the visitor has followed. */
function partnerOf(req: Request): string | undefined {
  const { ref } = req.query;
  return typeof ref === 'string' && /^[a-z]{1,20}$/.test(ref) ? ref : undefined;
}

/** The cookie says which visit it is, and whose. */
function countVisit(res: Response, partner: string): void {
  res.cookie('visit', `${partner}.${randomUUID()}`, { httpOnly: true, sameSite: 'lax' });
}

function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
