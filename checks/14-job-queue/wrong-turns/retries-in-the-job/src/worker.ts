import { setTimeout as delay } from 'node:timers/promises';
import { UnrecoverableError, Worker } from 'bullmq';
import { type Confirmation, queueName } from './confirmations.ts';
import { confirmationOf, createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfWorker } from './redis.ts';

const lockMs = Number(process.env.JOB_LOCK_MS ?? 30_000);
const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);
const backoffMs = Number(process.env.BACKOFF_MS ?? 1_000);
const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);

const redis = redisOfWorker();
const orders = new Orders(redis);
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);

const worker = new Worker<Confirmation>(
  queueName,
  async (job) => {
    const order = await orders.find(job.data.order);
    // Settled already: its worker died, or lost Redis, between the e-mail and the end of the job.
    if (order?.status !== 'pending') return;
    for (let attempt = 1; ; attempt++) {
      try {
        await mailer.sendMail(confirmationOf(order.order, order));
        break;
      } catch (error) {
        const { responseCode = 0, message } = error as Error & { responseCode?: number };
        if (responseCode < 500 && attempt < maxAttempts) {
          await delay(backoffMs * 2 ** (attempt - 1));
          continue;
        }
        await orders.settle(order.order, 'failed', message);
        throw new UnrecoverableError(message);
      }
    }
    await orders.settle(order.order, 'confirmed');
  },
  {
    connection: redis,
    concurrency: connections,
    lockDuration: lockMs,
    // How often it looks for jobs whose worker is gone.
    stalledInterval: Math.min(lockMs / 2, 1_000),
    // A worker that dies says nothing about the job. By default its second death would fail it.
    maxStalledCount: 1_000,
  },
);
worker.on('error', (error) => console.error(`worker: ${error.message}`));
worker.on('failed', (job, error) => console.error(`order ${job?.data.order}: ${error.message}`));

process.on('SIGTERM', async () => {
  await worker.close(); // Takes nothing new, and waits for what is under way.
  mailer.close();
  redis.disconnect();
});
