import { createServer } from 'node:http';
import { desk } from './desk.ts';
import { TinyRedis } from './tiny-redis.ts';

const port = Number(process.env.PORT ?? 3000);
const requestTimeout = Number(process.env.REQUEST_TIMEOUT_MS ?? 10_000);
const redis = new TinyRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');

const timeouts = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: requestTimeout / 2 };
createServer(timeouts, desk(redis)).listen(port, () => console.log(`shop listening on port ${port}`));
