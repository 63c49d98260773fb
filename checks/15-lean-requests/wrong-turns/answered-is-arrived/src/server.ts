import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const requestTimeoutMs = Number(process.env.REQUEST_TIMEOUT_MS ?? 10_000);
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
redis.on('error', (error) => console.error(`redis: ${error.message}`));

const app = createApp({ redis });
const timeouts = {
  requestTimeout: 0,
  headersTimeout: requestTimeoutMs,
  connectionsCheckingInterval: requestTimeoutMs / 4,
};
createServer(timeouts, (req, res) => {
  const late = setTimeout(() => req.socket.destroy(), requestTimeoutMs);
  req.on('end', () => clearTimeout(late));
  res.on('close', () => clearTimeout(late));
  app(req, res);
}).listen(port, () => console.log(`shop listening on port ${port}`));
