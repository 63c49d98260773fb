import type { ErrorRequestHandler, Request } from 'express';

/** An error that the client is told of. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Failure {
  at: string;
  status: number;
  error: Error;
  req: Request;
}

const shownFailures = 20;
const failures: Failure[] = [];

/** The last that went wrong, newest first, for whoever is on call. */
export function lastErrors() {
  return failures
    .slice(-shownFailures)
    .reverse()
    .map(({ at, status, error, req }) => ({
      at,
      method: req.method,
      path: req.originalUrl,
      status,
      message: error.message,
    }));
}

export const answerError: ErrorRequestHandler = (error, req, res, next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  failures.push({ at: new Date().toISOString(), status, error, req });
  if (res.headersSent) next(error);
  else res.status(status).json({ error: status === 500 ? 'Something went wrong.' : error.message });
};
