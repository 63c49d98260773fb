import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from './app.ts';
import { connectRedis } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const tokenSecret = process.env.TOKEN_SECRET ?? 'only for development';
const windowS = Number(process.env.WINDOW_S ?? 60);
const loginWindowS = Number(process.env.LOGIN_WINDOW_S ?? 60);
const exportWindowS = Number(process.env.EXPORT_WINDOW_S ?? 3_600);

const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
for (let attempt = 0; redis.status !== 'ready'; attempt++) {
  if (attempt === 60) throw new Error('no Redis, and without it nothing is counted');
  await delay(50);
}
const server = createApp({ redis, tokenSecret, windowS, loginWindowS, exportWindowS }).listen(port, () => {
  console.log(`shop listening on port ${port}`);
});

process.once('SIGTERM', () => {
  server.close(() => redis.disconnect()); // Requests in flight are still counted.
});
