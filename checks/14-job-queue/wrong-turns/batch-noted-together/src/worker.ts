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

/** What is to be written down of a job. */
type Note = () => Promise<void>;

async function work(job: Leased): Promise<Note> {
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
    if (responseCode >= 500 || attempts >= maxAttempts)
      return () => leases.end(job, 'failed', response ?? message).finally(() => clearInterval(heart));
    clearInterval(heart);
    await leases.later(job, attempts, backoffMs * 2 ** (attempts - 1));
    return async () => {};
  }
  return () => leases.end(job, 'confirmed').finally(() => clearInterval(heart));
}

async function batch(): Promise<void> {
  while (!stopping) {
    try {
      const jobs: Leased[] = [];
      for (let job = await leases.take(); job; job = jobs.length < connections ? await leases.take() : undefined)
        jobs.push(job);
      const notes = await Promise.all(jobs.map(work));
      for (const note of notes) await note();
      if (jobs.length === 0) await sleep(100);
    } catch (error) {
      console.error(error);
      await sleep(200);
    }
  }
}

const slots = batch();
process.on('SIGTERM', async () => {
  stopping = true;
  await slots;
  mailer.close();
  redis.disconnect();
});
