import { createApp } from './app.ts';
import { connectRedis } from './redis.ts';
import { readSettings } from './settings.ts';
import { SoldOut } from './sold-out.ts';

const port = Number(process.env.PORT ?? 3000);
const settings = readSettings(process.env.SETTINGS_FILE ?? new URL('./settings.json', import.meta.url));
const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const soldOut = new SoldOut();

void soldOut.load(redis);

createApp({ redis, settings, soldOut }).listen(port, (error) => {
  if (error) throw error;
  console.log(`ticket desk on port ${port}`);
});
