import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { type Logger, pino } from 'pino';

/** Errors have properties of their own, such as the body that could not be parsed. Only these two are logged, and the cause's. */
function serialised(error: unknown): object {
  if (!(error instanceof Error)) return { thrown: typeof error };
  return { message: error.message, stack: error.stack, ...(error.cause ? { cause: serialised(error.cause) } : {}) };
}

export const log = pino({
  base: null,
  serializers: { err: serialised },
  formatters: { level: (level) => ({ level }) },
});

declare global {
  namespace Express {
    interface Locals {
      id: string;
      log: Logger;
    }
  }
}

export function logRequests(req: Request, res: Response, next: NextFunction): void {
  const startedAt = process.hrtime.bigint();
  const sent = req.headers['x-request-id'];
  const id = typeof sent === 'string' && /^[a-z0-9._-]{1,64}$/i.test(sent) ? sent : randomUUID().replaceAll('-', '');
  res.locals.id = id;
  res.locals.log = log.child({ id });
  res.setHeader('x-request-id', id);
  res.on('close', () => {
    const ms = Number((process.hrtime.bigint() - startedAt) / 1_000_000n);
    const route = req.route ? `${req.baseUrl}${req.route.path}` : undefined;
    res.locals.log.info({ method: req.method, route, status: res.statusCode, ms });
  });
  next();
}
