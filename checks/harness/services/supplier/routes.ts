import type { IncomingMessage } from 'node:http';
import type { BoxOffice, EventChange } from './box-office.ts';

/** The routes by which calls are counted. */
export const routes = [
  'GET /events',
  'GET /events/:id',
  'PUT /events/:id',
  'GET /offers',
  'GET /stats',
  'other',
] as const;
export type Route = (typeof routes)[number];

export interface Reply {
  status: number;
  body: unknown;
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
  if (route === 'GET /events') {
    const page = Number(searchParams.get('page') || 1);
    if (!Number.isInteger(page) || page < 1)
      return { status: 400, body: { error: 'page must be a whole number from 1' } };
    return { status: 200, body: office.page(searchParams.get('city') ?? '', page) };
  }
  if (route === 'GET /events/:id') return foundOrNot(office.event(id));
  if (route === 'PUT /events/:id') {
    const change = parseChange(body);
    return change ? foundOrNot(office.change(id, change)) : { status: 400, body: { error: 'not a JSON object' } };
  }
  if (route === 'GET /offers') {
    const offers = office.offers(request.headers.authorization);
    return offers === undefined ? { status: 401, body: { error: 'unknown customer' } } : { status: 200, body: offers };
  }
  if (route === 'GET /stats') return { status: 200, body: office.stats() };
  return { status: 404, body: { error: 'no such route' } };
}

function foundOrNot(event: unknown): Reply {
  return event ? { status: 200, body: event } : { status: 404, body: { error: 'no such event' } };
}

function parseChange(body: string): EventChange | undefined {
  try {
    const value = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
