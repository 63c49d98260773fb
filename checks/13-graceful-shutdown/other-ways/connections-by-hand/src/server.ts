import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { GracefulServer } from './graceful-server.ts';
import { Log } from './log.ts';
import { PriceList } from './prices.ts';
import { connectRedis } from './redis.ts';
import { SalesFeed } from './sales-feed.ts';
import { state } from './state.ts';

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379' } = process.env;
const { DRAIN_DELAY_MS = '5000', SHUTDOWN_TIMEOUT_MS = '8000' } = process.env;

const redis = connectRedis(REDIS_URL);
const log = new Log();
const prices = new PriceList();
const feed = new SalesFeed();
const server = new GracefulServer(createApp({ redis, prices, log, feed }));
server.http.listen(Number(PORT), () => log.line(`ticket desk listening on port ${PORT}`));

/** Ends the process after the first of two: everything is answered, or the time is over. */
async function shutDown(): Promise<void> {
  if (state.ending) return;
  state.ending = true;
  const inTime = await Promise.race([drain().then(() => true), sleep(Number(SHUTDOWN_TIMEOUT_MS), false)]);
  redis.disconnect();
  log.line(inTime ? 'drained' : 'gave up');
  await log.flush();
  process.exit(inTime ? 0 : 1);
}

async function drain(): Promise<void> {
  await sleep(Number(DRAIN_DELAY_MS));
  feed.close();
  await server.end();
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown());

for (;;) {
  await prices.load(redis).catch((error) => log.line(`no price list yet: ${error}`));
  if (prices.size > 0) break;
  await sleep(200);
}
state.warm = true;
