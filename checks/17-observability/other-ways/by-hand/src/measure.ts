import { finished } from 'node:stream';
import type { NextFunction, Request, Response } from 'express';
import { tell } from './told.ts';

const LOOK_EVERY_MS = 100;

/** The routes of this shop. What is none of them is "none". */
const routes: [method: string, pattern: RegExp, route: string][] = [
  ['GET', /^\/health\/?$/i, '/health'],
  ['GET', /^\/seats\/?$/i, '/seats'],
  ['GET', /^\/events\/?$/i, '/events'],
  ['GET', /^\/events\/[^/]+\/?$/i, '/events/:id'],
  ['POST', /^\/orders\/?$/i, '/orders'],
];

function routeOf(method: string, path: string): string {
  const asked = method === 'HEAD' ? 'GET' : method;
  return routes.find(([of, pattern]) => of === asked && pattern.test(path))?.[2] ?? 'none';
}

export function measure(req: Request, res: Response, next: NextFunction): void {
  const startedAt = process.hrtime.bigint();
  const { method, path } = req;
  tell({ about: 'begun' });
  finished(res, (error) => {
    const labels = { method, route: routeOf(method, path), status_code: error ? '499' : String(res.statusCode) };
    tell({ about: 'request', labels, seconds: Number(process.hrtime.bigint() - startedAt) / 1e9 });
  });
  next();
}

/** A timer that comes late was kept waiting by the event loop. */
export function watchLag(): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    tell({ about: 'lag', seconds: Math.max(0, now - last - LOOK_EVERY_MS) / 1_000 });
    last = now;
  }, LOOK_EVERY_MS).unref();
}
