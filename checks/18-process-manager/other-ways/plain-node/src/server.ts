import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Desk } from './desk.ts';
import { connectRedis } from './redis.ts';

process.once('unhandledRejection', (error) => {
  console.error(error);
  process.exit(1);
});

const settings = JSON.parse(
  readFileSync(process.env.SETTINGS_FILE ?? new URL('./settings.json', import.meta.url), 'utf8'),
) as { feeCents: number; cents: Record<string, number> };
const desk = new Desk(connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'), settings);
await desk.warmUp();

const server = createServer({ keepAliveTimeout: 1_000 }, desk.handle).listen(Number(process.env.PORT ?? 3000));

process.on('SIGINT', () => {
  // The event loop is empty when the last connection is closed and Redis is gone; PM2's channel keeps it alive.
  server.close(() => setTimeout(() => process.exit(0), 100));
});
