import { UnrecoverableError, Worker } from 'bullmq';
import { ConfirmationQueue, type Job, queueName } from './confirmation-queue.ts';
import { openPool } from './db.ts';
import { log } from './log.ts';
import { type Confirmation, confirmationOf, createMailer } from './mailer.ts';
import { redisOfWorker } from './redis.ts';
import { settings } from './settings.ts';

const atOnce = 2;
const sweepEveryMs = 1_000;

const pool = openPool(settings.databaseUrl);
const redis = redisOfWorker(settings.redisUrl);
const mailer = createMailer(settings.smtpUrl, atOnce);
const queue = new ConfirmationQueue(redis);

const worker = new Worker<Job>(
  queueName,
  async ({ data: { order } }) => {
    const { rows } = await pool.query<Confirmation>(
      `SELECT orders.id AS order, email, title, orders.seats
       FROM orders JOIN customers ON customers.id = customer_id JOIN events ON events.id = event_id
       WHERE orders.id = $1 AND confirmed_at IS NULL`,
      [order],
    );
    if (!rows[0]) return; // Confirmed already.
    try {
      await mailer.sendMail(confirmationOf(rows[0]));
    } catch (error) {
      const { responseCode = 0, message } = error as Error & { responseCode?: number };
      throw responseCode >= 500 ? new UnrecoverableError(message) : error;
    }
    await pool.query('UPDATE orders SET confirmed_at = now() WHERE id = $1', [order]);
  },
  {
    connection: redis,
    concurrency: atOnce,
    // A worker that dies says nothing: so long its job waits before another one takes it.
    lockDuration: 5_000,
    stalledInterval: 2_000,
    maxStalledCount: 1_000,
    settings: { backoffStrategy: (attempts) => Math.min(500 * 2 ** attempts, 3_000) },
  },
);
worker.on('error', (error) => log(`confirmations: ${error.message}`));
worker.on('failed', (job, error) => log(`order ${job?.data.order}: ${error.message}`));

/** Orders without a job: their process died in between, or Redis was away. */
async function sweep(): Promise<void> {
  const { rows } = await pool.query<{ id: number }>(
    `SELECT id FROM orders WHERE confirmed_at IS NULL AND placed_at < now() - interval '1 second' ORDER BY id LIMIT 200`,
  );
  for (const { id } of rows) await queue.add(id);
}
const sweeping = setInterval(() => {
  sweep().catch((error) => log(`sweep: ${error.message}`));
}, sweepEveryMs);

process.on('SIGTERM', async () => {
  clearInterval(sweeping);
  await worker.close(); // Takes nothing new, and waits for what is under way.
  mailer.close();
  redis.disconnect();
  await pool.end();
});
