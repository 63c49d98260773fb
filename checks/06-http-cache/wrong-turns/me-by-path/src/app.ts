import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { byPath, hasTag, mayKeep, tagOf } from './caching.ts';
import { dateIn, type Language, languageOf } from './language.ts';
import { type ShowEvent, type Supplier, SupplierError } from './supplier.ts';
import { mapAddress, mapOf } from './venues.ts';

/** The ticket shop's public pages and the customer's own. The box office has the events; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  // Express makes an ETag by hashing every answer. Ours come from the version, before the answer is made.
  app.disable('etag');
  app.use(byPath);

  app.get('/events', async (req, res) => {
    const { city = '', page = '1' } = req.query;
    if (typeof city !== 'string' || typeof page !== 'string' || !/^[1-9]\d{0,3}$/.test(page)) {
      mayKeep(res, 'never');
      res.status(400).json({ error: 'city must be a name and page a number from 1' });
      return;
    }
    const language = speak(req, res);
    const partner = partnerOf(req);
    if (partner) {
      mayKeep(res, 'never'); // A cache that kept a cookie would make all visits one.
      countVisit(res, partner);
    }
    if (mayEndWithoutBody(req) && endWithoutBody(req, res, await supplier.eventsVersion(city, Number(page)), language))
      return;
    const { version, value } = await supplier.events(city, Number(page));
    if (version) res.set('ETag', tagOf(version, language));
    res.json({ ...value, language, events: value.events.map((event) => shown(event, language)) });
  });

  app.get('/events/:id', async (req, res) => {
    const { id } = req.params;
    const language = speak(req, res);
    const partner = partnerOf(req);
    if (partner) {
      mayKeep(res, 'never'); // A cache that kept a cookie would make all visits one.
      countVisit(res, partner);
    }
    if (mayEndWithoutBody(req) && endWithoutBody(req, res, await supplier.eventVersion(id), language)) return;
    const { version, value } = await supplier.event(id);
    if (version) res.set('ETag', tagOf(version, language));
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
    const token = cookieOf(req, 'session');
    if (!token) {
      mayKeep(res, 'never');
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.json({ name: token.split('.')[0], offers: (await supplier.offers(token)) ?? [] });
  });

  app.use((_req, res) => {
    mayKeep(res, 'never');
    res.status(404).json({ error: 'no such page' });
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

/** Whether the answer may turn out to have no body. */
function mayEndWithoutBody(req: Request): boolean {
  return req.method === 'HEAD' || req.headers['if-none-match'] !== undefined;
}

/** Ends an answer that has no body: a 304, or the answer to HEAD. @returns whether it did. */
function endWithoutBody(req: Request, res: Response, version: string | undefined, language: Language): boolean {
  const tag = version === undefined ? undefined : tagOf(version, language);
  const same = tag !== undefined && hasTag(req, tag);
  if (!same && req.method !== 'HEAD') return false;
  if (tag) res.set('ETag', tag);
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
