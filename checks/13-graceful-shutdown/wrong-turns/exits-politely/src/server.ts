import { createApp } from './app.ts';
import { Log } from './log.ts';
import { PriceList } from './prices.ts';
import { connectRedis } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const log = new Log();
const prices = new PriceList();

prices.load(redis).catch((error) => log.line(`the price list could not be loaded: ${error}`));

const server = createApp({ redis, prices, log }).listen(port, () => log.line(`ticket desk listening on port ${port}`));
server.keepAliveTimeout = 65_000;

process.on('SIGTERM', async () => {
  await log.flush();
  redis.disconnect();
  process.exit(0);
});
