import { createApp } from './app.ts';
import { log } from './log.ts';
import { Supplier } from './supplier.ts';

export interface WorkerOptions {
  port: number;
  supplierUrl: string;
  supplierTimeoutMs: number;
}

/** Serves until SIGTERM, and then answers what it has begun. */
export function runWorker({ port, supplierUrl, supplierTimeoutMs }: WorkerOptions): void {
  const supplier = new Supplier({ url: supplierUrl, timeoutMs: supplierTimeoutMs });
  const server = createApp({ supplier }).listen(port, () => log(`shop on port ${port}`));
  let draining = false;
  process.on('SIGTERM', () => {
    if (draining) return;
    draining = true;
    server.close(() => process.exit(0));
    // A kept connection would hold the server open for seconds after its last answer.
    setInterval(() => server.closeIdleConnections(), 100).unref();
  });
}
