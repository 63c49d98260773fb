import { createServer } from 'node:http';
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
      if (req.headers.accept?.includes('application/openmetrics-text'))
        res
          .writeHead(200, { 'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8' })
          .end(`${text}# EOF\n`);
      else res.writeHead(200, { 'content-type': totals.contentType }).end(text);
    } catch (error) {
      log(`metrics: ${error}`);
      res.writeHead(500).end();
    }
  });
  server.listen(port, () => log(`metrics on port ${port}`));
}
