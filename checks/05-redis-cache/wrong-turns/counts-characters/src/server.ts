import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { Cache } from './cache.ts';
import { Supplier } from './supplier.ts';

const port = Number(process.env.PORT ?? 3000);
const supplierUrl = process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000';
const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

const cache = new Cache(redisUrl, { ttlS: Number(process.env.CACHE_TTL_S ?? 60) });
// The first requests should find Redis, but a start must not depend on it.
for (let tries = 0; !cache.up && tries < 80; tries++) await sleep(10);
createApp({ supplier: new Supplier(supplierUrl, cache) }).listen(port, () => console.log(`shop listening on ${port}`));
