import { createApp } from './app.ts';
import { readEvents } from './events.ts';
import { log } from './log.ts';
import { connectRedis } from './redis.ts';

export interface WorkerOptions {
  port: number;
  redisUrl: string;
  eventsFile: string | URL;
}

/** Serves until it is killed. When the primary dies, node:cluster ends the worker by itself. */
export function runWorker({ port, redisUrl, eventsFile }: WorkerOptions): void {
  const events = readEvents(eventsFile);
  const redis = connectRedis(redisUrl);
  createApp({ events, redis }).listen(port, () => log(`quotes on port ${port}`));
}
