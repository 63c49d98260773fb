import { setTimeout as delay } from 'node:timers/promises';
import { type Job, Jobs } from './jobs.ts';
import { confirmationOf, createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfWorker } from './redis.ts';

const lockMs = Number(process.env.JOB_LOCK_MS ?? 30_000);
const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);
const backoffMs = Number(process.env.BACKOFF_MS ?? 1_000);
const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);

const redis = redisOfWorker();
const orders = new Orders(redis);
const jobs = new Jobs(redis);
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

async function confirm(job: Job): Promise<void> {
  const order = await orders.find(job.order);
  if (order?.status === 'pending') {
    try {
      await mailer.sendMail(confirmationOf(order.order, order));
      await orders.settle(order.order, 'confirmed');
    } catch (error) {
      const { responseCode = 0, message } = error as Error & { responseCode?: number };
      if (responseCode < 500 && job.attempt < maxAttempts) return jobs.later(job, backoffMs * 2 ** (job.attempt - 1));
      await orders.settle(order.order, 'failed', message);
    }
  }
  await jobs.done(job);
}

/** Each lane has one job at a time. */
async function lane(): Promise<void> {
  while (!stopping.signal.aborted) {
    try {
      const job = await jobs.take(lockMs);
      if (!job) {
        await delay(50);
        continue;
      }
      const alive = setInterval(() => void jobs.keep(job).catch(() => {}), lockMs / 3);
      await confirm(job).finally(() => clearInterval(alive));
    } catch (error) {
      console.error(error);
      await delay(200);
    }
  }
}

await jobs.prepare();
await Promise.all([jobs.wakeUntil(stopping.signal), ...Array.from({ length: connections }, lane)]);
mailer.close();
redis.disconnect();
