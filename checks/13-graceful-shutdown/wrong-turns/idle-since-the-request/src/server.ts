import type { Socket } from 'node:net';
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

void prices.load(redis);

const app = createApp({ redis, prices, log, feed, drain });
const server = app.listen(port, () => log.line(`ticket desk listening on port ${port}`));
server.keepAliveTimeout = 65_000; // The balancer closes idle connections after 5 s. It must be the first to do so.
const usedAt = new Map<Socket, number>();
server.on('connection', (socket) => socket.once('close', () => usedAt.delete(socket)));
server.on('request', (req, res) => {
  usedAt.set(req.socket, performance.now());
  res.once('close', () => answered.add(req.socket));
  answered.delete(req.socket);
});
const answered = new WeakSet<Socket>();
setInterval(() => {
  for (const [socket, at] of usedAt) if (answered.has(socket) && performance.now() - at > 6_500) socket.end();
}, 500).unref();

drainOnSignal({
  drain,
  server,
  delayMs: Number(process.env.DRAIN_DELAY_MS ?? 5_000),
  timeoutMs: Number(process.env.SHUTDOWN_TIMEOUT_MS ?? 8_000),
  closing: () => feed.end(),
  ending: async (how) => {
    redis.disconnect(); // Last: requests in flight need it.
    log.line(`ticket desk ends: ${how}`);
    await log.flush();
  },
});
