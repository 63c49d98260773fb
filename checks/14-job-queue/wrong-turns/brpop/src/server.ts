import { Redis } from 'ioredis';
import { createApp } from './app.ts';
import { Orders } from './orders.ts';

const port = Number(process.env.PORT ?? 3000);
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
redis.on('error', (error) => console.error(`redis: ${error.message}`));

createApp({ orders: new Orders(redis) }).listen(port, () => console.log(`order desk listening on port ${port}`));
