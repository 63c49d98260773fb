import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { InvalidField } from './order.ts';
import { SupplierError } from './supplier.ts';

/** What the client did wrong, and may be told. */
export class ClientError extends Error {
  readonly status: number;
  readonly errors: InvalidField[] | undefined;

  constructor(status: number, message: string, errors?: InvalidField[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export const notFound: RequestHandler = () => {
  throw new ClientError(404, 'There is nothing at this address.');
};

/** The one place where an error becomes an answer. It comes last, and has four parameters: that is how Express knows it. */
export const problemHandler: ErrorRequestHandler = (error, _req, res, _next) => {
  const status = statusOf(error);
  // pino-http logs it with the request's line. What the client did wrong is no error of ours, and may hold its secrets.
  if (status >= 500 || res.headersSent) res.err = error;
  if (res.headersSent) {
    res.destroy(); // The status is gone already. A broken connection is all that can still say that something is missing.
    return;
  }
  if (status === 503 && error.retryAfter) res.set('Retry-After', error.retryAfter);
  sendProblem(res, status, error instanceof ClientError ? error : undefined);
};

function sendProblem(res: Response, status: number, known?: ClientError): void {
  const problem = {
    title: STATUS_CODES[status],
    status,
    detail: known?.message,
    errors: known?.errors,
    requestId: res.req.id,
  };
  res.status(status).set('Content-Type', 'application/problem+json').send(JSON.stringify(problem));
}

function statusOf(error: unknown): number {
  if (error instanceof SupplierError) {
    if (error.status === 503) return 503;
    return (error.cause as Error | undefined)?.name === 'TimeoutError' ? 504 : 502;
  }
  // Express and its parsers say with a status what was wrong with a request.
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
