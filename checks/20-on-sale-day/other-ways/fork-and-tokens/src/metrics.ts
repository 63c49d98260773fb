import type { RequestHandler } from 'express';
import type { Counts } from './supervisor.ts';

const reportEveryMs = 250;

/** By the labels of a series. Routes and statuses are few, so it does not grow. */
const counts: Counts = {};
/** Methods that nobody has heard of share one. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Tells the supervisor what this process has counted. */
export function reportRegularly(): void {
  setInterval(() => void report(), reportEveryMs).unref();
}

export function report(): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(counts, () => resolve());
    else resolve();
  });
}

/** As nginx has it: the client went before it had its answer. */
const CLIENT_WENT = 499;

const routes = ['/login', '/me', '/events', '/events/:id', '/orders', '/orders/:id', '/orders/:id/ticket'].concat([
  '/health',
  '/ready',
]);
const patterns = routes.map((route) => ({ route, path: new RegExp(`^${route.replace(':id', '[^/]+')}/?$`, 'i') }));

/** Counts each request. Comes before everything else, parsers included. */
export const measure: RequestHandler = (req, res, next) => {
  // The path, because a request that fails early never reaches its route. By pattern, because paths are anybody's.
  const route = patterns.find(({ path }) => path.test(req.path))?.route ?? 'unknown';
  const method = methods.has(req.method) ? req.method : 'other';
  // Not `finish`, which never comes when the client hangs up.
  res.once('close', () => {
    const status = res.writableFinished ? res.statusCode : CLIENT_WENT;
    const series = `method="${method}",route="${route}",status_code="${status}"`;
    counts[series] = (counts[series] ?? 0) + 1;
  });
  next();
};
