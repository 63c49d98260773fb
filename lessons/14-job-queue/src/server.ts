import { createApp } from './app.ts';
import { createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfServer } from './redis.ts';

const port = Number(process.env.PORT ?? 3000);
const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);
const redis = redisOfServer();
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);

createApp({ orders: new Orders(redis), mailer }).listen(port, () =>
  console.log(`order desk listening on port ${port}`),
);
