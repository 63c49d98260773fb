import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BoxOffice, BoxOfficeEvent, EventChange } from './box-office.ts';

/** The routes by which calls are counted. */
export const routes = [
  'GET /events',
  'GET /events/:id',
  'HEAD /events',
  'HEAD /events/:id',
  'PUT /events/:id',
  'GET /offers',
  'GET /stats',
  'POST /audit',
  'other',
] as const;
export type Route = (typeof routes)[number];

export interface Reply {
  status: number;
  body: unknown;
  /** Sent as `x-version`: other than before exactly when the body is. */
  version?: string;
}

/** Which route a request is for. */
export function routeOf({ method, url = '' }: IncomingMessage): Route {
  const path = url.split('?')[0]?.replace(/^\/events\/[^/]+$/, '/events/:id');
  return routes.find((route) => route === `${method} ${path}`) ?? 'other';
}

/** What the box office says to a request right now. */
export function reply(office: BoxOffice, route: Route, request: IncomingMessage, body: string): Reply {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://supplier');
  const id = pathname.split('/')[2] ?? '';
  // Without the body it is the same answer; node:http leaves it out.
  if (route === 'GET /events' || route === 'HEAD /events') {
    const page = Number(searchParams.get('page') || 1);
    if (!Number.isInteger(page) || page < 1)
      return { status: 400, body: { error: 'page must be a whole number from 1' } };
    const body = office.page(searchParams.get('city') ?? '', page);
    return { status: 200, body, version: createHash('sha1').update(JSON.stringify(body)).digest('hex').slice(0, 12) };
  }
  if (route === 'GET /events/:id' || route === 'HEAD /events/:id') return foundOrNot(office.event(id));
  if (route === 'PUT /events/:id') {
    const change = parseChange(body);
    return change ? foundOrNot(office.change(id, change)) : { status: 400, body: { error: 'not a JSON object' } };
  }
  if (route === 'GET /offers') {
    const offers = office.offers(request.headers.authorization);
    return offers === undefined ? { status: 401, body: { error: 'unknown customer' } } : { status: 200, body: offers };
  }
  if (route === 'GET /stats') return { status: 200, body: office.stats() };
  if (route === 'POST /audit') return { status: 202, body: {} }; // Heard, and nobody reads it.
  return { status: 404, body: { error: 'no such route' } };
}

function foundOrNot(event: BoxOfficeEvent | undefined): Reply {
  return event
    ? { status: 200, body: event, version: String(event.version) }
    : { status: 404, body: { error: 'no such event' } };
}

function parseChange(body: string): EventChange | undefined {
  try {
    const value = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
