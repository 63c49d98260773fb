import type { ErrorRequestHandler } from 'express';

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
  method: string;
  path: string;
  status: number;
  message: string;
}

const shownFailures = 20;
const failures: Failure[] = [];

export function lastErrors() {
  return failures.toReversed();
}

export const answerError: ErrorRequestHandler = (error, req, res, next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  const message = String(error.message);
  failures.push({ at: new Date().toISOString(), method: req.method, path: req.originalUrl, status, message });
  if (failures.length > shownFailures) failures.shift();
  if (res.headersSent) next(error);
  else res.status(status).json({ error: status === 500 ? 'Something went wrong.' : error.message });
};
