import { createServer } from 'node:http';
import type { RequestHandler } from 'express';
import { Counter, register } from 'prom-client';
import { log } from './log.ts';

const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests that were answered.',
  labelNames: ['method', 'route', 'status_code'],
});

/** Counts each request. */
export const measure: RequestHandler = (req, res, next) => {
  res.once('finish', () => {
    requests.inc({ method: req.method, route: req.originalUrl, status_code: res.statusCode });
  });
  next();
};

/** Serves the figures on a port of its own, which the balancer does not know. */
export function serveMetrics(port: number): void {
  const server = createServer(async (_req, res) => {
    res.writeHead(200, { 'content-type': register.contentType }).end(await register.metrics());
  });
  server.listen(port, () => log(`metrics on port ${port}`));
}
