import { setTimeout as delay } from 'node:timers/promises';
import { confirmationOf, createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfWorker } from './redis.ts';

const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);
const backoffMs = Number(process.env.BACKOFF_MS ?? 1_000);
const redis = redisOfWorker();
const orders = new Orders(redis);
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', 1);
let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});

while (!stopping) {
  const id = await orders.pop();
  const order = id && (await orders.find(id));
  if (!order) continue;
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    try {
      await mailer.sendMail(confirmationOf(order.order, order));
      await orders.settle(order.order, 'confirmed');
      break;
    } catch (error) {
      const { responseCode = 0, message } = error as Error & { responseCode?: number };
      if (responseCode >= 500 || attempt === maxAttempts) {
        await orders.settle(order.order, 'failed', message);
        break;
      }
      await delay(backoffMs * 2 ** (attempt - 1));
    }
  }
}
redis.disconnect();
