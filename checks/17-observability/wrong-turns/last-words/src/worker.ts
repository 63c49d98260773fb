import { createApp } from './app.ts';
import { log } from './log.ts';
import { measured, registry } from './metrics.ts';
import type { Snapshot } from './scrape.ts';
import { Supplier } from './supplier.ts';

export interface WorkerOptions {
  port: number;
  supplierUrl: string;
  supplierTimeoutMs: number;
}

/** Serves until SIGTERM, and then answers what it has begun. */
export function runWorker({ port, supplierUrl, supplierTimeoutMs }: WorkerOptions): void {
  const supplier = measured(new Supplier({ url: supplierUrl, timeoutMs: supplierTimeoutMs }));
  const server = createApp({ supplier }).listen(port, () => log(`shop on port ${port}`));
  process.on('message', (message: { kind?: string } | undefined) => {
    if (message?.kind === 'what have you counted?') void answer();
  });
  let draining = false;
  process.on('SIGTERM', () => {
    if (draining) return;
    draining = true;
    server.close(async () => {
      // Its last words, unasked.
      await answer();
      process.exit(0);
    });
    // A kept connection would hold the server open for seconds after its last answer.
    setInterval(() => server.closeIdleConnections(), 100).unref();
  });
}

async function answer(): Promise<void> {
  const snapshot = (await registry.getMetricsAsJSON()) as Snapshot;
  await new Promise<void>((resolve) => {
    if (!process.send || !process.connected) return resolve();
    process.send({ kind: 'counted', snapshot }, undefined, undefined, () => resolve());
  });
}
