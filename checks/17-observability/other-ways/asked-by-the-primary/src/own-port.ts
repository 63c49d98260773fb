import cluster from 'node:cluster';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registry } from './metrics.ts';

/** Serves this worker's text to the primary. `exclusive`, or node:cluster would share the port among the workers. */
export function serveToPrimary(): void {
  const server = createServer(async (_req, res) => {
    res.end(await registry.metrics());
  });
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
    cluster.worker?.send({ port: (server.address() as AddressInfo).port });
  });
  server.unref();
}

/** The last figures of a worker that ends. */
export async function lastFigures(): Promise<void> {
  const text = await registry.metrics();
  await new Promise((resolve) => process.send?.({ text }, resolve));
}
