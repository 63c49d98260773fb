import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from './app.ts';
import { Orders } from './orders.ts';
import { connectRedis } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const desk = { redis, orders: new Orders(redis), draining: false };
const server = createApp(desk).listen(port, () => console.log(`ticket desk listening on port ${port}`));

// As in lesson 13: first say it, then serve on, then close, and never longer than the deadline.
process.on('SIGTERM', async () => {
  if (desk.draining) return;
  desk.draining = true;
  const delayMs = Number(process.env.DRAIN_DELAY_MS ?? 0);
  const timeoutMs = Number(process.env.SHUTDOWN_TIMEOUT_MS ?? 8_000);
  setTimeout(() => process.exit(1), delayMs + timeoutMs).unref();
  await delay(delayMs);
  server.close(() => {
    redis.disconnect();
    process.exit(0);
  });
});
