import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type SlicedWindow, UncountedError } from './sliced-window.ts';

type ClientOf = (req: Request, res: Response) => string;

/** Lets a request pass, or refuses it with a problem. */
export function limited(window: SlicedWindow, clientOf: ClientOf, { alsoUncounted = false } = {}): RequestHandler {
  return async (req, res, next) => {
    try {
      const decision = await window.take(clientOf(req, res));
      res.set({ 'RateLimit-Limit': String(window.limit), 'RateLimit-Remaining': String(decision.left) });
      if (decision.passed) next();
      else refuse(res, decision.freeInMs);
    } catch (error) {
      if (!alsoUncounted || !(error instanceof UncountedError)) throw error;
      next();
    }
  };
}

/** The same for tries that count only if they fail. A try counts from its beginning, and is given back if it succeeds. */
export function limitedFailures(
  window: SlicedWindow,
  clientOf: ClientOf,
  tryIt: (req: Request, res: Response) => Promise<boolean>,
) {
  return async (req: Request, res: Response, _next: NextFunction) => {
    const client = clientOf(req, res);
    const decision = await window.take(client);
    if (!decision.passed) return refuse(res, decision.freeInMs);
    const hasFailed = !(await tryIt(req, res));
    if (!hasFailed) await window.giveBack(client, decision).catch(() => {}); // It ends with its window.
  };
}

function refuse(res: Response, freeInMs: number): void {
  res.set('Retry-After', String(Math.ceil(freeInMs / 1_000)));
  res.status(429).type('application/problem+json').send({ title: 'Too many requests', status: 429 });
}
