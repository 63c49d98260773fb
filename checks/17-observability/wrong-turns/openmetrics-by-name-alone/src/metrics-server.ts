import { createServer } from 'node:http';
import { Registry } from 'prom-client';
import { log } from './log.ts';
import type { Totals } from './totals.ts';

/** Serves the figures on a port of its own, which the balancer does not know. */
export function serveMetrics(totals: Totals, port: number): void {
  const server = createServer(async (req, res) => {
    if (req.url?.split('?')[0] !== '/metrics') {
      res.writeHead(404).end();
      return;
    }
    try {
      const text = await totals.text();
      const open = req.headers.accept?.includes('application/openmetrics-text');
      const type = open ? Registry.OPENMETRICS_CONTENT_TYPE : totals.contentType;
      res.writeHead(200, { 'content-type': type }).end(text);
    } catch (error) {
      log(`metrics: ${error}`);
      res.writeHead(500).end();
    }
  });
  server.listen(port, () => log(`metrics on port ${port}`));
}
