import type { ErrorRequestHandler } from 'express';

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
  at: string;
  method: string;
  path: string;
  status: number;
  message: string;
}

const shownFailures = 20;
const failures: Failure[] = [];

/** The last that went wrong, newest first, for whoever is on call. */
export function lastErrors() {
  return failures.toReversed();
}

export const answerError: ErrorRequestHandler = (error, req, res, next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  const { method, originalUrl: path } = req;
  failures.push({ at: new Date().toISOString(), method, path, status, message: error.message });
  if (failures.length > shownFailures) failures.shift();
  if (res.headersSent) next(error);
  else res.status(status).json({ error: status === 500 ? 'Something went wrong.' : error.message });
};
