import type { NextFunction, Request, Response } from 'express';
import { Gauge, Histogram, Registry } from 'prom-client';

export const registry = new Registry();

const buckets = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];
const registers = [registry];

const requests = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'How long requests take, by the worker that answers them.',
  labelNames: ['method', 'route', 'status_code'],
  buckets,
  registers,
});
const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests under way.', registers });
export const supplierDuration = new Histogram({
  name: 'supplier_request_duration_seconds',
  help: 'How long the box office takes.',
  labelNames: ['operation', 'outcome'],
  buckets,
  registers,
});

export function measure(req: Request, res: Response, next: NextFunction): void {
  const end = requests.startTimer({ method: req.method });
  inFlight.inc();
  res.on('close', () => {
    inFlight.dec();
    // Not `req.baseUrl`, which is as the client has written it, and gone if the router had an error.
    const path = req.route && `${res.locals.base ?? ''}${req.route.path}`;
    const route = path ? path.replace(/(?<=.)\/$/, '') : 'none';
    end({ route, status_code: res.writableFinished ? res.statusCode : 499 });
  });
  next();
}

/** First of all in a router that is mounted there. */
export function keepBase(base: string) {
  return (_req: Request, res: Response, next: NextFunction): void => {
    res.locals.base = base;
    next();
  };
}
