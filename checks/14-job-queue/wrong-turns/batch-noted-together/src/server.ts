import { createApp } from './app.ts';
import { Orders } from './orders.ts';
import { redisOfServer } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const redis = redisOfServer();

createApp({ orders: new Orders(redis) }).listen(port, () => console.log(`order desk listening on port ${port}`));
