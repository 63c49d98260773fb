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

const hands = new Map<Job, Promise<void>>();

async function work(): Promise<void> {
  while (!stopping.signal.aborted) {
    try {
      for (const job of hands.keys()) await jobs.keep(job);
      const job = hands.size < connections ? await jobs.take(lockMs) : undefined;
      if (job) {
        const done = confirm(job)
          .catch((error) => console.error(error))
          .finally(() => hands.delete(job));
        hands.set(job, done);
      }
      if (hands.size === connections) await Promise.race(hands.values());
      else if (!job) await delay(50);
    } catch (error) {
      console.error(error);
      await delay(200);
    }
  }
  await Promise.all(hands.values());
}

await jobs.prepare();
await Promise.all([jobs.wakeUntil(stopping.signal), work()]);
mailer.close();
redis.disconnect();
