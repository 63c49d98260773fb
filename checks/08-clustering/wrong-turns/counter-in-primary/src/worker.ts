import type { Server } from 'node:http';
import { createApp } from './app.ts';
import { readEvents } from './events.ts';
import { log } from './log.ts';

export interface WorkerOptions {
  port: number;
  eventsFile: string | URL;
}

/** Serves until SIGTERM. When the primary dies, node:cluster ends the worker by itself. */
export function runWorker({ port, eventsFile }: WorkerOptions): void {
  let server: Server | undefined;
  process.once('SIGTERM', () => {
    // The callback comes when the last answer is out and its connection is closed.
    if (server) server.close(() => process.exit(0));
    else process.exit(0);
    // A kept-alive connection would hold the server open for seconds after its last answer.
    setInterval(() => server?.closeIdleConnections(), 100).unref();
  });
  const events = readEvents(eventsFile);
  server = createApp({ events }).listen(port, () => log(`quotes on port ${port}`));
}
