import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';

export const log = pino();

const wellFormedId = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request its id and its one line in the log. `req.log` writes further lines with the same id. */
export function requestLog(logger: Logger): RequestHandler {
  const identify = pinoHttp({
    logger,
    autoLogging: false,
    genReqId(req, res) {
      const sent = req.headers['x-request-id'];
      const id = typeof sent === 'string' && wellFormedId.test(sent) ? sent : randomUUID();
      res.setHeader('X-Request-Id', id);
      return id;
    },
    // The id alone. The default is the whole request, with Authorization and cookies.
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'id' },
  });
  return (req, res, next) => {
    const startedAt = performance.now();
    identify(req, res);
    res.once('finish', () => {
      const line = { ...lineOf(req, res.statusCode), ms: Math.round(performance.now() - startedAt) };
      if (res.err) req.log.error({ ...line, err: res.err });
      else req.log.info(line);
    });
    next();
  };
}

function lineOf({ method, baseUrl, route }: Request, status: number) {
  // The pattern, not the path: a path has secrets in it, and a graph by path has a million lines.
  return { method, route: route ? baseUrl + route.path : null, status };
}
