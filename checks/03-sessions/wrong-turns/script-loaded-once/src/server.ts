import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createApp } from './app.ts';
import { Sessions } from './sessions.ts';

const port = Number(process.env.PORT ?? 3000);
const sessionTtlS = Number(process.env.SESSION_TTL_S ?? 3600);

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  commandTimeout: 1000,
  connectTimeout: 1000,
  retryStrategy: (times) => Math.min(times * 50, 1000),
});
redis.on('error', (error) => console.error('redis:', error.message));

const sessions = new Sessions(redis, sessionTtlS);
if (redis.status !== 'ready') await once(redis, 'ready');
await sessions.load();
const server = createApp({ sessions, sessionTtlS }).listen(port, () => console.log(`shop listening on port ${port}`));

process.on('SIGTERM', () => {
  server.close(() => {
    redis.disconnect();
    process.exit(0);
  });
  setTimeout(() => server.closeAllConnections(), 3_000).unref();
});
