import type { Socket } from 'node:net';
import type { NextFunction, RequestHandler, Response } from 'express';
import { exponentialBuckets, Gauge, Histogram, Registry } from 'prom-client';

/** What this worker counts. The primary adds the workers up: totals.ts. */
export const registry = new Registry();

/** From 5 ms to 10 s, each twice the one before: so exact is a p95 that is read from them. */
const buckets = exponentialBuckets(0.005, 2, 12);

/** As nginx has it: the client went before it had its answer. */
const CLIENT_WENT = 499;

const httpDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'From the headers of a request to the end of its answer.',
  labelNames: ['method', 'route', 'status_code'],
  buckets,
  registers: [registry],
});

const inFlight = new Gauge({
  name: 'http_requests_in_flight',
  help: 'Requests that have come and have not ended.',
  registers: [registry],
});

export const supplierDuration = new Histogram({
  name: 'supplier_request_duration_seconds',
  help: 'From a question to the box office to the end of its answer.',
  labelNames: ['operation', 'outcome'],
  buckets,
  registers: [registry],
});

const pending = new WeakMap<Socket, Set<(status: number) => void>>();
const watched = new WeakSet<Socket>();

/** Measures each request. Comes before everything else, parsers included. */
export const measure: RequestHandler = (req, res, next) => {
  const startedAt = performance.now();
  inFlight.inc();
  const { socket } = req;
  const open = pending.get(socket) ?? new Set();
  pending.set(socket, open);
  if (!watched.has(socket)) {
    watched.add(socket);
    socket.once('close', () => {
      for (const end of open) end(CLIENT_WENT);
    });
  }
  const end = (status_code: number) => {
    if (!open.delete(end)) return;
    if (open.size === 0) pending.delete(socket);
    inFlight.dec();
    const labels = { method: req.method, route: res.locals.route ?? 'none', status_code };
    httpDuration.observe(labels, (performance.now() - startedAt) / 1_000);
  };
  open.add(end);
  res.once('finish', () => end(res.statusCode));
  next();
};

/** Says to `measure` which route this is. `req.baseUrl` is gone by the time an error of a router has its answer. */
export function named(route: string) {
  return (_req: unknown, res: Response, next: NextFunction): void => {
    res.locals.route = route;
    next();
  };
}
