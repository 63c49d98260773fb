import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { createApp } from './app.ts';
import { readEvents } from './events.ts';
import { log } from './log.ts';

process.on('disconnect', () => process.exit(1));

let draining = false;
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
redis.on('error', (error) => log(`redis: ${error.message}`));
const events = readEvents(process.env.EVENTS_FILE ?? new URL('./events.json', import.meta.url));
const server = createApp(events, redis, () => draining).listen(0, '127.0.0.1', () => {
  log('serves');
  process.send?.((server.address() as AddressInfo).port);
});
process.on('SIGTERM', () => {
  if (draining) return;
  draining = true;
  server.close(() => process.exit(0));
});
