import { createApp } from './app.ts';
import { Heartbeat } from './heartbeat.ts';
import { Lifecycle } from './lifecycle.ts';
import { Log } from './log.ts';
import { PriceList } from './prices.ts';
import { connectRedis } from './redis.ts';
import { SalesFeed } from './sales-feed.ts';

const port = Number(process.env.PORT ?? 3000);
const delayMs = Number(process.env.DRAIN_DELAY_MS ?? 5_000);
const timeoutMs = Number(process.env.SHUTDOWN_TIMEOUT_MS ?? 8_000);
const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const log = new Log();
const prices = new PriceList();
const feed = new SalesFeed();
const lifecycle = new Lifecycle();
const heartbeat = new Heartbeat(redis, prices);

const server = createApp({
  redis,
  prices,
  log,
  feed,
  first: lifecycle.middleware,
  isReady: () => lifecycle.phase === 'serving' && heartbeat.isFine,
}).listen(port, () => log.line(`ticket desk listening on port ${port}`));
server.keepAliveTimeout = 30_000;

async function onSignal(signal: NodeJS.Signals): Promise<void> {
  if (lifecycle.phase !== 'serving') return;
  log.line(`${signal}: draining`);
  setTimeout(() => feed.close(), delayMs);
  const done = await lifecycle.end(server, { delayMs, timeoutMs });
  log.line(done ? 'bye' : 'bye, and somebody waits in vain');
  await log.flush();
  process.exit(done ? 0 : 1);
}
process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
