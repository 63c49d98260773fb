import type { RequestHandler } from 'express';
import { Gauge, Histogram, Registry } from 'prom-client';
import { type Supplier, SupplierError } from './supplier.ts';

/** In seconds: from 5 ms to 10 s, each at most twice the one before. */
const buckets = [0.005, 0.01, 0.02, 0.04, 0.075, 0.15, 0.3, 0.5, 1, 2, 3, 5, 10];

/** What this process has counted. */
export const registry = new Registry();

const requests = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'From the headers of a request to its end.',
  labelNames: ['method', 'route', 'status_code'],
  buckets,
  registers: [registry],
});

const calls = new Histogram({
  name: 'supplier_request_duration_seconds',
  help: 'From a call to the box office to its end.',
  labelNames: ['operation', 'outcome'],
  buckets,
  registers: [registry],
});

export const IN_FLIGHT = 'http_requests_in_flight';

const inFlight = new Gauge({
  name: IN_FLIGHT,
  help: 'Requests that have come and have not ended.',
  registers: [registry],
});

// There from the beginning, so that the first wrong link adds no series.
requests.zero({ method: 'GET', route: 'none', status_code: '404' });
requests.zero({ method: 'GET', route: '/events/:id', status_code: '404' });
calls.zero({ operation: 'event', outcome: 'refused' });

/** The first middleware: sees each request from its headers to its end. */
export const measureRequests: RequestHandler = (req, res, next) => {
  const { method } = req;
  const end = requests.startTimer({ method });
  inFlight.inc();
  res.once('close', () => {
    inFlight.dec();
    end({ route: res.locals.route ?? 'none', status_code: String(res.writableFinished ? res.statusCode : 499) });
  });
  next();
};

/** @param methods for which it is; without any, the router has seen to that. */
export function setRoute(route: string, ...methods: string[]): RequestHandler {
  return (req, res, next) => {
    if (methods.length === 0 || methods.includes(req.method)) res.locals.route = route;
    next();
  };
}

/** The same supplier, of which each call is measured. */
export function measured(supplier: Supplier): Supplier {
  return new Proxy(supplier, {
    get(target, operation) {
      const method = Reflect.get(target, operation, target);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        const end = calls.startTimer({ operation: String(operation) });
        try {
          const answer = await method.apply(target, args);
          end({ outcome: 'ok' });
          return answer;
        } catch (error) {
          end({ outcome: outcomeOf(error) });
          throw error;
        }
      };
    },
  });
}

function outcomeOf(error: unknown): string {
  if (!(error instanceof SupplierError)) return 'error';
  if (error.status !== undefined) return 'refused';
  return error.late ? 'timeout' : 'error';
}
