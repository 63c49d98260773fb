import type { RequestHandler, Response } from 'express';

/** No cache keeps an answer unless its route says that it may: so customers' pages, errors and forgotten routes are safe. */
export const keepNothing: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** The same for everybody. Seats and prices may be two seconds old, and have had half of that here. */
export function mayKeep(res: Response): void {
  res.set('Cache-Control', 'public, max-age=1, stale-if-error=300');
}
