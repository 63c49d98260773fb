import { createApp } from './app.ts';
import { Cache } from './cache.ts';
import { connectRedis, redisReady } from './redis.ts';
import { Supplier } from './supplier.ts';

const port = Number(process.env.PORT ?? 3000);
const supplierUrl = process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000';
const cacheTtlS = Number(process.env.CACHE_TTL_S);

const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
await redisReady(redis, { deadlineMs: 1_000 });
const supplier = new Supplier(supplierUrl, new Cache(redis, { ttlS: cacheTtlS }));
const server = createApp({ supplier }).listen(port, () => console.log(`shop listening on port ${port}`));

process.once('SIGTERM', () => {
  server.close(() => redis.disconnect()); // Requests in flight still fill the cache.
  // Whoever has sent half of a request, or nothing, would keep the process alive.
  setTimeout(() => server.closeAllConnections(), 5_000).unref();
});
