import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { log } from './log.ts';
import type { Totals } from './totals.ts';

const PATIENCE_MS = 5_000;

/** Asks each worker for its figures, and waits for all of them. */
async function freshReports(): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected());
  const reports = workers.map(
    (worker) =>
      new Promise((resolve) => {
        worker?.once('message', resolve);
        worker?.once('disconnect', resolve);
        worker?.send('report');
        setTimeout(resolve, PATIENCE_MS).unref();
      }),
  );
  await Promise.all(reports);
}

/** Serves the figures on a port of its own, which the balancer does not know. */
export function serveMetrics(totals: Totals, port: number): void {
  const server = createServer(async (req, res) => {
    if (req.url?.split('?')[0] !== '/metrics') {
      res.writeHead(404).end();
      return;
    }
    try {
      await freshReports();
      const text = await totals.text();
      res.writeHead(200, { 'content-type': totals.contentType }).end(text);
    } catch (error) {
      log(`metrics: ${error}`);
      res.writeHead(500).end();
    }
  });
  server.listen(port, () => log(`metrics on port ${port}`));
}
