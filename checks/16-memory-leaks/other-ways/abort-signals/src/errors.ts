import type { ErrorRequestHandler } from 'express';

export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const places = 20;
const ring: { at: Date; method: string; path: string; status: number; message: string }[] = [];
let count = 0;

export function lastErrors() {
  return Array.from({ length: ring.length }, (_, back) => ring[(count - 1 - back) % places]);
}

export const answerError: ErrorRequestHandler = (error, req, res, next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  ring[count++ % places] = {
    at: new Date(),
    method: req.method,
    path: req.originalUrl,
    status,
    message: error.message,
  };
  if (res.headersSent) next(error);
  else res.status(status).json({ error: status === 500 ? 'Something went wrong.' : error.message });
};
