import { UnrecoverableError, Worker } from 'bullmq';
import { type Confirmation, queueName } from './confirmations.ts';
import { confirmationOf, createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfWorker } from './redis.ts';

const lockMs = Number(process.env.JOB_LOCK_MS ?? 30_000);

const redis = redisOfWorker();
const orders = new Orders(redis);
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', 5);

const worker = new Worker<Confirmation>(
  queueName,
  async (job) => {
    const order = await orders.find(job.data.order);
    // Settled already: its worker died, or lost Redis, between the e-mail and the end of the job.
    if (order?.status !== 'pending') return;
    try {
      await mailer.sendMail(confirmationOf(order.order, order));
    } catch (error) {
      const { responseCode = 0, message } = error as Error & { responseCode?: number };
      const isForGood = responseCode >= 500;
      if (!isForGood && job.attemptsMade + 1 < (job.opts.attempts ?? 1)) throw error;
      await orders.settle(order.order, 'failed', message);
      throw new UnrecoverableError(message);
    }
    await orders.settle(order.order, 'confirmed');
  },
  {
    connection: redis,
    concurrency: 5,
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
