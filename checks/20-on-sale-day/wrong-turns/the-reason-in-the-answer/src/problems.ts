import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { isDatabaseAway } from './db.ts';
import { log } from './log.ts';
import { RedisUnavailable } from './redis.ts';
import { StoreError } from './sliding-window-store.ts';
import { PoolIsFull } from './ticket-pool.ts';
import { trailOf } from './trail.ts';

/** What the client did wrong, and may be told. */
export class ClientError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const notFound: RequestHandler = () => {
  throw new ClientError(404, 'There is nothing at this address.');
};

/** The one place where an error becomes an answer. It comes last, and has four parameters: that is how Express knows it. */
export const problemHandler: ErrorRequestHandler = (error, req, res, _next) => {
  const status = statusOf(error);
  // Support asks for the way that led to an error.
  if (status === 500) log(`${req.method} ${req.originalUrl}: ${error?.stack}\n  before: ${trailOf(req).join(', ')}`);
  if (status === 503) log(`${req.method} ${req.originalUrl}: ${error.message}`);
  if (res.headersSent) {
    res.destroy(); // A broken connection is all that can still say that something is missing.
    return;
  }
  if (status === 503) res.set('Retry-After', '1');
  const detail = error?.message;
  res.set({ 'Cache-Control': 'no-store', 'Content-Type': 'application/problem+json' });
  res.status(status).send(JSON.stringify({ title: STATUS_CODES[status], status, detail }));
};

/** What passes by itself is 503. */
const passing = [RedisUnavailable, StoreError, PoolIsFull];

function statusOf(error: unknown): number {
  if (passing.some((kind) => error instanceof kind) || isDatabaseAway(error)) return 503;
  // Express and its parsers say with a status what was wrong with a request.
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
