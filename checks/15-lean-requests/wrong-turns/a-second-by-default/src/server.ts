import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const requestTimeoutMs = Number(process.env.REQUEST_TIMEOUT_MS ?? 1_000);
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
redis.on('error', (error) => console.error(`redis: ${error.message}`));

const timeouts = {
  requestTimeout: requestTimeoutMs,
  headersTimeout: requestTimeoutMs,
  // Node looks every 30 s otherwise.
  connectionsCheckingInterval: requestTimeoutMs / 4,
};
createServer(timeouts, createApp({ redis })).listen(port, () => console.log(`shop listening on port ${port}`));
