import { setTimeout as delay } from 'node:timers/promises';
import { Jobs } from './jobs.ts';
import { confirmationOf, createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfWorker } from './redis.ts';

const lockMs = Number(process.env.JOB_LOCK_MS ?? 30_000);
const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);
const backoffMs = Number(process.env.BACKOFF_MS ?? 1_000);
const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);

const redis = redisOfWorker();
const orders = new Orders(redis);
const jobs = new Jobs(redis, lockMs);
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);
let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});

async function confirm(id: string): Promise<void> {
  const order = await orders.find(id);
  if (order?.status === 'pending') {
    try {
      await mailer.sendMail(confirmationOf(id, order));
      await orders.settle(id, 'confirmed');
    } catch (error) {
      const { responseCode = 0, message } = error as Error & { responseCode?: number };
      const attempts = await orders.countAttempt(id);
      if (responseCode < 500 && attempts < maxAttempts) return jobs.later(id, backoffMs * 2 ** (attempts - 1));
      await orders.settle(id, 'failed', message);
    }
  }
  await jobs.done(id);
}

async function lane(): Promise<void> {
  while (!stopping) {
    try {
      const id = await jobs.take();
      if (id) await confirm(id);
      else await delay(50);
    } catch (error) {
      console.error(error);
      await delay(200);
    }
  }
}

await jobs.live();
// By a timer, so that a slow SMTP server does not keep it from saying so.
const alive = setInterval(() => void jobs.live().catch(() => {}), lockMs / 3);
const tidy = setInterval(() => void jobs.tidy().catch(() => {}), 100);
await Promise.all(Array.from({ length: connections }, lane));
clearInterval(alive);
clearInterval(tidy);
mailer.close();
redis.disconnect();
