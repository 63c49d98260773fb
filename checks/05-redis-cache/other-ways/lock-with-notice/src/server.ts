import { createApp } from './app.ts';
import { Cache } from './cache.ts';
import { Notices } from './notices.ts';
import { connectRedis } from './redis.ts';
import { Supplier } from './supplier.ts';

const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const redis = connectRedis(redisUrl);
const notices = new Notices(redis, connectRedis(redisUrl));
const cache = new Cache(redis, notices, { ttlS: Number(process.env.CACHE_TTL_S ?? 60) });
const supplier = new Supplier(process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000', cache);

const port = Number(process.env.PORT ?? 3000);
createApp({ supplier }).listen(port, () => console.log(`shop listening on port ${port}`));
