import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { mapAddress, mapOf } from './venues.ts';

interface Event {
  date: string;
  venue: string;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const supplierUrl = process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000';
const languages = ['en', 'de', 'fr'];
const locales: Record<string, string> = { en: 'en-GB', de: 'de-DE', fr: 'fr-FR' };
const shared = {
  'CDN-Cache-Control': 'max-age=60, stale-while-revalidate=3600',
  'Cache-Control': 'no-cache',
  Vary: 'accept-language',
};

class Refused extends Error {
  readonly answer: Answer;
  constructor(status: number, error: string) {
    super(error);
    this.answer = json(status, { error }, { 'Cache-Control': 'no-store' });
  }
}

createServer(async (req, res) => {
  let answer: Answer;
  try {
    answer = await route(req);
  } catch (error) {
    answer = (error instanceof Refused ? error : new Refused(500, 'something went wrong')).answer;
  }
  const { status, headers, body } = answer;
  res.writeHead(status, status === 304 ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) });
  res.end(req.method === 'HEAD' || status === 304 ? undefined : body);
}).listen(Number(process.env.PORT ?? 3000));

async function route(req: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://shop');
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new Refused(405, 'only GET and HEAD');
  if (pathname === '/me') return me(req);
  const venue = /^\/venues\/([^/]+)\/map\.svg$/.exec(pathname)?.[1];
  if (venue) return map(venue, searchParams.get('v'));
  if (pathname !== '/events' && !/^\/events\/[^/]+$/.test(pathname)) throw new Refused(404, 'no such page');
  return page(req, pathname, searchParams);
}

async function page(req: IncomingMessage, pathname: string, query: URLSearchParams): Promise<Answer> {
  const number = query.get('page') ?? '1';
  if (pathname === '/events' && !/^[1-9]\d{0,3}$/.test(number)) throw new Refused(400, 'page must be a number from 1');
  const asked = new URLSearchParams({ city: query.get('city') ?? '', page: number });
  const path = pathname === '/events' ? `${pathname}?${asked}` : pathname;
  const language = languageOf(req.headers['accept-language'] ?? '');
  const visit = /^[a-z]{1,20}$/.exec(query.get('ref') ?? '')?.[0];
  const headers: Record<string, string> = visit
    ? { 'Cache-Control': 'no-cache', 'Set-Cookie': `visit=${visit}.${randomUUID()}; HttpOnly; SameSite=Lax` }
    : { ...shared };
  headers['Content-Language'] = language;
  const tagOf = (version: string | null) => `"${version}-${language}-1"`;

  const tags = req.headers['if-none-match'];
  if (tags && !visit) {
    const etag = tagOf((await supplier('HEAD', path)).headers.get('x-version'));
    const same = tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
    if (same) return { status: 304, headers: { ...headers, ETag: etag }, body: '' };
  }
  const response = await supplier('GET', path);
  const value = (await jsonOf(response)) as Event & { events?: Event[] };
  const shown = value.events ? { ...value, events: value.events.map(show) } : show(value);
  return json(200, { ...shown, language }, { ...headers, ETag: tagOf(response.headers.get('x-version')) });

  function show(event: Event) {
    const date = new Date(event.date);
    const when = date.toLocaleDateString(locales[language], { dateStyle: 'full', timeZone: 'UTC' });
    return { ...event, when, map: mapAddress(event.venue) };
  }
}

async function me(req: IncomingMessage): Promise<Answer> {
  const token = /(?:^|;\s*)session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  if (!token) throw new Refused(401, 'please log in');
  const offers = await jsonOf(await supplier('GET', '/offers', { authorization: `Bearer ${token}` }));
  return json(
    200,
    { name: token.split('.')[0], offers: offers ?? [] },
    { 'Cache-Control': 'max-age=0, must-revalidate' },
  );
}

function map(venue: string, version: string | null): Answer {
  const found = mapOf(venue);
  if (!found) throw new Refused(404, 'no such venue');
  const lifetime = version === found.version ? 'max-age=31536000, immutable' : 'max-age=60';
  return { status: 200, headers: { 'Content-Type': 'image/svg+xml', 'Cache-Control': lifetime }, body: found.svg };
}

async function supplier(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const asking = fetch(supplierUrl + path, { method, headers, signal: AbortSignal.timeout(5_000) });
  const response = await asking.catch(() => {
    throw new Refused(502, 'the box office does not answer');
  });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 401) throw new Refused(401, 'please log in');
  throw response.status === 404
    ? new Refused(404, 'no such event')
    : new Refused(502, 'the box office is out of order');
}

function jsonOf(response: Response): Promise<unknown> {
  return response.json().catch(() => {
    throw new Refused(502, 'the box office broke off');
  });
}

/** The first language that the shop speaks, by weight. */
function languageOf(header: string): string {
  const wanted = header.split(',').map((part) => {
    const [name = '', q] = part.split(/;\s*q=/);
    return { name: name.split('-')[0]?.trim().toLowerCase() ?? '', weight: Number(q ?? 1) };
  });
  wanted.sort((a, b) => b.weight - a.weight);
  return wanted.find(({ name, weight }) => weight > 0 && languages.includes(name))?.name ?? 'en';
}

function json(status: number, value: unknown, headers: Record<string, string>): Answer {
  const body = JSON.stringify(value);
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body };
}
