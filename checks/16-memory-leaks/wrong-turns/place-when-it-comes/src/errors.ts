import type { ErrorRequestHandler, RequestHandler } from 'express';

/** An error that the client is told of. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Only what is shown. A request has its body, and the error of a parser has it, too. */
interface Failure {
  place: number;
  at: string;
  method: string;
  path: string;
  status: number;
  message: string;
}

const shownFailures = 20;
const failures: Failure[] = [];
let places = 0;

/** Requests fail in any order. By its place an error is found in the access log. */
export const placed: RequestHandler = (_req, res, next) => {
  res.locals.place = ++places;
  next();
};

/** The last that went wrong, newest first, for whoever is on call. */
export function lastErrors() {
  return failures.toReversed();
}

export const answerError: ErrorRequestHandler = (error, req, res, next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  const { method, originalUrl: path } = req;
  const { place } = res.locals;
  failures.push({ place, at: new Date().toISOString(), method, path, status, message: error.message });
  failures.sort((a, b) => a.place - b.place);
  if (failures.length > shownFailures) failures.shift();
  if (res.headersSent) next(error);
  else res.status(status).json({ error: status === 500 ? 'Something went wrong.' : error.message });
};
