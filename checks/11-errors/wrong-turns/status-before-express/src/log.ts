import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';

export const log = pino();

/** What each route has decided on. */
const decided = new WeakMap<object, number>();

const wellFormedId = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request its id and its one line in the log. `req.log` writes further lines with the same id. */
export function requestLog(logger: Logger) {
  return pinoHttp({
    logger,
    genReqId(req, res) {
      const sent = req.headers['x-request-id'];
      const id = typeof sent === 'string' && wellFormedId.test(sent) ? sent : randomUUID();
      res.setHeader('X-Request-Id', id);
      noteDecision(res as Response);
      return id;
    },
    // The id alone. The default is the whole request, with Authorization and cookies.
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'id', responseTime: 'ms' },
    customLogLevel: (_req, res, error) => (error || res.err || res.statusCode >= 500 ? 'error' : 'info'),
    customSuccessObject: (req, res, { ms }) => ({ ...lineOf(req as Request, decided.get(res) ?? res.statusCode), ms }),
    customErrorObject: (req, res, err, { ms }) => ({ ...lineOf(req as Request, res.statusCode), ms, err }),
  });
}

function noteDecision(res: Response): void {
  const json = res.json;
  res.json = (body) => {
    decided.set(res, res.statusCode);
    return json.call(res, body);
  };
}

function lineOf({ method, baseUrl, route }: Request, status: number) {
  // The pattern, not the path: a path has secrets in it, and a graph by path has a million lines.
  return { method, route: route ? baseUrl + route.path : null, status };
}
