import { createApp } from './app.ts';
import { connectRedis, redisReady } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const sessionTtlS = Number(process.env.SESSION_TTL_S ?? 3600);
const sessionSecret = process.env.SESSION_SECRET ?? 'only for development';
if (process.env.NODE_ENV === 'production' && !process.env.SESSION_SECRET) {
  console.warn('SESSION_SECRET is not set: cookies are signed with a secret that everybody can read');
}

const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
await redisReady(redis, { deadlineMs: 2_000 });
const server = createApp({ redis, sessionTtlS, sessionSecret }).listen(port, () => {
  console.log(`shop listening on port ${port}`);
});

process.once('SIGTERM', () => {
  server.close(() => redis.disconnect()); // Requests in flight still need Redis.
  // Whoever has sent half of a request, or nothing, would keep the process alive.
  setTimeout(() => server.closeAllConnections(), 3_000).unref();
});
