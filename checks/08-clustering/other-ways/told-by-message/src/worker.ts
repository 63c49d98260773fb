import { createApp } from './app.ts';
import { readEvents } from './events.ts';
import { log } from './log.ts';
import { connectRedis } from './redis.ts';

export interface WorkerOptions {
  port: number;
  redisUrl: string;
  eventsFile: string | URL;
}

export function runWorker({ port, redisUrl, eventsFile }: WorkerOptions): void {
  process.on('SIGTERM', () => {}); // The primary says when.
  const events = readEvents(eventsFile);
  const server = createApp({ events, redis: connectRedis(redisUrl) }).listen(port, () => {
    log('serving');
    process.send?.('up');
  });
  process.on('message', (message) => {
    if (message !== 'stop') return;
    server.close(() => process.exit(0));
    setInterval(() => server.closeIdleConnections(), 50);
  });
}
