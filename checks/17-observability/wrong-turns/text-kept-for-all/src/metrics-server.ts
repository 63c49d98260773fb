import { createServer } from 'node:http';
import { log } from './log.ts';
import type { Totals } from './totals.ts';

const keptMs = 500;
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Serves the figures on a port of its own, which the balancer does not know. */
export function serveMetrics(totals: Totals, port: number): void {
  // Three Prometheus servers that scrape at the same moment cost as much as one.
  let kept = { type: '', text: '', until: 0 };
  const server = createServer(async (req, res) => {
    if (req.url?.split('?')[0] !== '/metrics') {
      res.writeHead(404).end();
      return;
    }
    try {
      if (performance.now() > kept.until) {
        const text = await totals.text();
        const isOpen = /application\/openmetrics-text(?![^,]*q=0(\.0*)?\s*(,|$))/.test(req.headers.accept ?? '');
        kept = isOpen
          ? { type: openMetrics, text: asOpenMetrics(text), until: performance.now() + keptMs }
          : { type: totals.contentType, text, until: performance.now() + keptMs };
      }
      res.writeHead(200, { 'content-type': kept.type }).end(kept.text);
    } catch (error) {
      log(`metrics: ${error}`);
      res.writeHead(500).end();
    }
  });
  server.listen(port, () => log(`metrics on port ${port}`));
}

/** There a counter is named without the _total of its samples. */
function asOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  return `${lines.map((line) => line.replace(/^(# (?:TYPE|HELP) \w+)_total /, '$1 ')).join('\n')}\n# EOF\n`;
}
