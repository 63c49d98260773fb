import { createApp } from './app.ts';
import { Drain, drainOnSignal } from './drain.ts';
import { Log } from './log.ts';
import { PriceList } from './prices.ts';
import { connectRedis } from './redis.ts';
import { SalesFeed } from './sales-feed.ts';

const port = Number(process.env.PORT ?? 3000);
const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const log = new Log();
const prices = new PriceList();
const feed = new SalesFeed();
const drain = new Drain();

const loading = prices.load(redis);

const app = createApp({ redis, prices, log, feed, drain });
const server = app.listen(port, () => log.line(`ticket desk listening on port ${port}`));
server.keepAliveTimeout = 65_000; // The balancer closes idle connections after 5 s. It must be the first to do so.

drainOnSignal({
  drain,
  server,
  delayMs: Number(process.env.DRAIN_DELAY_MS ?? 5_000),
  timeoutMs: Number(process.env.SHUTDOWN_TIMEOUT_MS ?? 8_000),
  closing: () => feed.end(),
  ending: async (how) => {
    await loading;
    redis.disconnect(); // Last: requests in flight need it.
    log.line(`ticket desk ends: ${how}`);
    await log.flush();
  },
});
