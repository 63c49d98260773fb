import { createApp } from './app.ts';
import { Confirmations } from './confirmations.ts';
import { Orders } from './orders.ts';
import { redisOfServer, redisOfWorker } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const redis = redisOfServer();

createApp({ orders: new Orders(redis, redisOfWorker()), confirmations: new Confirmations(redis) }).listen(port, () =>
  console.log(`order desk listening on port ${port}`),
);
