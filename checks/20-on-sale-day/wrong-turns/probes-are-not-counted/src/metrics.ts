import type { RequestHandler } from 'express';
import { Counter, Registry } from 'prom-client';

/** What this worker counts. The primary adds the workers up: totals.ts. */
export const registry = new Registry();

const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests that have ended.',
  labelNames: ['method', 'route', 'status_code'],
  registers: [registry],
});

/** As nginx has it: the client went before it had its answer. */
const CLIENT_WENT = 499;

const routes = ['/login', '/me', '/events', '/events/:id', '/orders', '/orders/:id', '/orders/:id/ticket'];
const patterns = routes.map((route) => ({ route, path: new RegExp(`^${route.replace(':id', '[^/]+')}/?$`, 'i') }));

/** Counts each request. Comes before everything else, parsers included. */
export const measure: RequestHandler = (req, res, next) => {
  if (req.path === '/health' || req.path === '/ready') return next(); // Nobody's requests.
  // The path, because a request that fails early never reaches its route. By pattern, because paths are anybody's.
  const route = patterns.find(({ path }) => path.test(req.path))?.route ?? 'none';
  const { method } = req;
  // Not `finish`, which never comes when the client hangs up.
  res.once('close', () => {
    requests.inc({ method, route, status_code: res.writableFinished ? res.statusCode : CLIENT_WENT });
  });
  next();
};
