import cluster from 'node:cluster';
import { createApp } from './app.ts';
import { connectRedis } from './redis.ts';
import { readSettings } from './settings.ts';
import { SoldOut } from './sold-out.ts';

/** In bytes. */
const tooLarge = 255_000_000;
const lookEveryMs = 500;

async function main(): Promise<void> {
  const settings = readSettings(process.env.SETTINGS_FILE ?? new URL('./settings.json', import.meta.url));
  const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
  const soldOut = new SoldOut();
  await soldOut.load(redis);
  const app = createApp({ redis, settings, soldOut });
  const server = app.listen(Number(process.env.PORT ?? 3000), () => process.send?.('ready'));
  server.keepAliveTimeout = 1_000; // A connection that is kept after its last answer holds the end up for no longer.

  let leaving = false;
  const leave = () => {
    if (leaving) return;
    leaving = true;
    process.once('disconnect', () => process.exit(0));
    if (cluster.worker) cluster.worker.disconnect();
    else process.exit(0);
  };
  process.on('SIGINT', leave);
  setInterval(() => {
    if (process.memoryUsage.rss() > tooLarge) leave();
  }, lookEveryMs);
}

main().catch((error: unknown) => {
  console.error(new Date().toISOString(), process.pid, error);
  process.exit(2);
});
