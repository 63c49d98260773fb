import type { Request, RequestHandler } from 'express';
import { customerOf } from './sessions.ts';

const longest = 5;
/** As many customers are followed, those who came last. */
const most = 500;

/** The last requests of each customer, for the log of an error. What was asked, and not the request with all that it holds. */
const trails = new Map<number, string[]>();

export const follow: RequestHandler = (req, _res, next) => {
  const customer = customerOf(req)?.id;
  if (customer !== undefined) {
    const trail = trails.get(customer) ?? [];
    trails.delete(customer); // So that it comes last.
    trails.set(customer, [...trail, `${req.method} ${req.originalUrl.slice(0, 200)}`].slice(-longest));
    const [oldest] = trails.keys();
    if (trails.size > most && oldest !== undefined) trails.delete(oldest);
  }
  next();
};

export function trailOf(req: Request): string[] {
  return trails.get(customerOf(req)?.id ?? 0) ?? [];
}
