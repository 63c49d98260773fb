import { createApp } from './app.ts';
import { Cache } from './cache.ts';
import { RedisConnection } from './redis-connection.ts';
import { Supplier } from './supplier.ts';

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', SUPPLIER_URL = 'http://127.0.0.1:4000' } = process.env;

const cache = new Cache(new RedisConnection(REDIS_URL), Number(process.env.CACHE_TTL_S ?? 60));
createApp({ supplier: new Supplier(SUPPLIER_URL, cache) }).listen(Number(PORT), () => console.log(`port ${PORT}`));
