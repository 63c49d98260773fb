import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { confirmationOf, createMailer } from './mailer.ts';
import { Orders } from './orders.ts';
import { redisOfWorker } from './redis.ts';

const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);
const lockMs = Number(process.env.JOB_LOCK_MS ?? 30_000);
const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);
const backoffMs = Number(process.env.BACKOFF_MS ?? 1_000);
const me = randomUUID();

const redis = redisOfWorker();
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);
const orders = new Orders(redis);
let stopping = false;
type Entry = [string, string[]];

let sweepAt = 0;

async function stale(): Promise<Entry | undefined> {
  if (Date.now() < sweepAt) return undefined;
  sweepAt = Date.now() + 1_000;
  const claimed = (await redis.xautoclaim('mails', 'workers', me, lockMs, '0', 'COUNT', 1)) as [string, Entry[]];
  return claimed[1].find((entry) => entry?.[1]);
}

async function next(): Promise<Entry | undefined> {
  const left = await stale();
  if (left) return left;
  const read = (await redis.xreadgroup('GROUP', 'workers', me, 'COUNT', 1, 'STREAMS', 'mails', '>')) as
    | [string, Entry[]][]
    | null;
  return read?.[0]?.[1][0];
}

async function work([entry, [, id = '']]: Entry): Promise<void> {
  const order = await orders.find(id);
  if (!order) return void (await redis.xack('mails', 'workers', entry));
  const heart = setInterval(
    () => void redis.xclaim('mails', 'workers', me, 0, entry, 'JUSTID').catch(() => {}),
    lockMs / 3,
  );
  const taken = redis.multi().xack('mails', 'workers', entry).xdel('mails', entry);
  try {
    await mailer.sendMail(confirmationOf(id, order));
    await taken.hset(`order:${id}`, { status: 'confirmed' }).exec();
  } catch (error) {
    const { responseCode, response } = error as { responseCode?: number; response?: string };
    if (responseCode === undefined && !('command' in (error as object))) throw error;
    const made = Number(await redis.hget(`order:${id}`, 'made')) + 1;
    const said = response ?? String(error);
    if ((responseCode ?? 0) >= 500 || made >= maxAttempts)
      await taken.hset(`order:${id}`, { status: 'failed', reason: said }).exec();
    else
      await taken
        .hset(`order:${id}`, { made })
        .zadd('paused', Date.now() + backoffMs * 2 ** (made - 1), id)
        .exec();
  } finally {
    clearInterval(heart);
  }
}

async function slot(): Promise<void> {
  while (!stopping) {
    try {
      const entry = await next();
      if (entry) await work(entry);
      else await sleep(100);
    } catch (error) {
      console.error(error);
      await sleep(200);
    }
  }
}

const wake = `for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[1], id); redis.call('XADD', KEYS[2], '*', 'id', id) end`;
async function alarm(): Promise<void> {
  while (!stopping) {
    await redis.eval(wake, 2, 'paused', 'mails', Date.now()).catch(() => {});
    await sleep(50);
  }
}

await redis.xgroup('CREATE', 'mails', 'workers', '0', 'MKSTREAM').catch((error: Error) => {
  if (!error.message.includes('BUSYGROUP')) throw error;
});
const all = Promise.all([alarm(), ...Array.from({ length: connections }, slot)]);
process.on('SIGTERM', async () => {
  stopping = true;
  await all;
  mailer.close();
  redis.disconnect();
});
