import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler } from 'express';

/** What is wrong with a request, in words for its sender. */
export class RequestError extends Error {
  readonly status: number;
  /** The names of the fields that are wrong. */
  readonly fields: string[] | undefined;

  constructor(status: number, message: string, fields?: string[]) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

export const answerError: ErrorRequestHandler = (error, _req, res, next) => {
  // Express and its parser say with a status what was wrong with a request.
  const status = Number(error?.status);
  if (res.headersSent || !(status >= 400 && status < 500)) return next(error);
  if (error instanceof RequestError) res.status(status).json({ error: error.message, fields: error.fields });
  else res.status(status).json({ error: STATUS_CODES[status] });
};
