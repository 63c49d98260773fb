import type { Server } from 'node:http';
import { createApp } from './app.ts';
import { readEvents } from './events.ts';
import { log } from './log.ts';
import { connectRedis } from './redis.ts';

export interface WorkerOptions {
  port: number;
  redisUrl: string;
  eventsFile: string | URL;
}

/** Serves until SIGTERM. When the primary dies, node:cluster ends the worker by itself. */
export function runWorker({ port, redisUrl, eventsFile }: WorkerOptions): void {
  let server: Server | undefined;
  let draining = false;
  // Not `once`: systemd signals every process, then the primary does. A second SIGTERM without a listener would kill.
  const drain = () => {
    if (draining) return;
    draining = true;
    // The callback comes when the last answer is out and its connection is closed.
    if (server) server.close(() => process.exit(0));
    else process.exit(0);
    // A kept-alive connection would hold the server open for seconds after its last answer.
    setInterval(() => server?.closeIdleConnections(), 100).unref();
  };
  process.on('SIGTERM', drain);
  process.on('disconnect', drain);
  const events = readEvents(eventsFile);
  const redis = connectRedis(redisUrl);
  server = createApp({ events, redis }).listen(port, () => log(`quotes on port ${port}`));
}
