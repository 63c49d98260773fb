import { createApp } from './app.ts';
import { RedisConnection } from './redis-connection.ts';

const port = Number(process.env.PORT ?? 3000);

createApp({
  redis: new RedisConnection(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'),
  tokenSecret: process.env.TOKEN_SECRET ?? 'only for development',
  windowS: Number(process.env.WINDOW_S ?? 60),
  loginWindowS: Number(process.env.LOGIN_WINDOW_S ?? 60),
  exportWindowS: Number(process.env.EXPORT_WINDOW_S ?? 3_600),
}).listen(port, () => console.log(`shop listening on port ${port}`));
