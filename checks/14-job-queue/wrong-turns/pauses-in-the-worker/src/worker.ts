import { setTimeout as sleep } from 'node:timers/promises';
import { type Leased, Leases } from './leases.ts';
import { confirmationOf, createMailer } from './mailer.ts';
import { redisOfWorker } from './redis.ts';

const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);
const lockMs = Number(process.env.JOB_LOCK_MS ?? 30_000);
const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);
const backoffMs = Number(process.env.BACKOFF_MS ?? 1_000);

const redis = redisOfWorker();
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);
const leases = new Leases(redis, lockMs);
let stopping = false;

async function work(job: Leased): Promise<void> {
  const heart = setInterval(() => void leases.keep(job).catch(() => {}), lockMs / 3);
  try {
    await mailer.sendMail(confirmationOf(job.id, job.placed));
  } catch (error) {
    const {
      responseCode = 0,
      response,
      message,
    } = error as { responseCode?: number; response?: string; message: string };
    const attempts = job.attempts + 1;
    if (responseCode >= 500 || attempts >= maxAttempts) await leases.end(job, 'failed', response ?? message);
    else {
      await leases.note(job, attempts);
      await sleep(backoffMs * 2 ** (attempts - 1));
      clearInterval(heart);
      return work({ ...job, attempts });
    }
    return;
  } finally {
    clearInterval(heart);
  }
  await leases.end(job, 'confirmed');
}

async function slot(): Promise<void> {
  while (!stopping) {
    try {
      const job = await leases.take();
      if (job) await work(job);
      else await sleep(100);
    } catch (error) {
      console.error(error);
      await sleep(200);
    }
  }
}

const slots = Promise.all(Array.from({ length: connections }, slot));
process.on('SIGTERM', async () => {
  stopping = true;
  await slots;
  mailer.close();
  redis.disconnect();
});
