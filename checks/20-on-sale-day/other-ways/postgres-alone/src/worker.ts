import { EventEmitter, once } from 'node:events';
import { Client } from 'pg';
import { Confirmations } from './confirmations.ts';
import { openPool } from './db.ts';
import { log } from './log.ts';
import { createMailer } from './mailer.ts';
import { settings } from './settings.ts';

const atOnce = 2;
/** Also without a notification: e-mails that are to be tried again, and what was not heard. */
const lookEveryMs = 1_000;
const bell = new EventEmitter();

const pool = openPool(settings.databaseUrl);
const mailer = createMailer(settings.smtpUrl, atOnce);
const confirmations = new Confirmations(pool, mailer);
let ending = false;
let listener: Client | undefined;

process.on('SIGTERM', () => {
  ending = true; // What has been begun is finished.
  bell.emit('ring');
});

/** A connection that breaks is opened again. */
async function listen(): Promise<void> {
  const client = new Client({ connectionString: settings.databaseUrl });
  client.on('notification', () => bell.emit('ring'));
  client.on('error', (error) => log(`notifications: ${error.message}`));
  client.once('end', () => {
    if (!ending) setTimeout(() => void listen(), lookEveryMs);
  });
  listener = client;
  try {
    await client.connect();
    await client.query('LISTEN order_placed');
  } catch (error) {
    log(`notifications: ${error}`);
  }
}

async function work(): Promise<void> {
  while (!ending) {
    const wasDue = await confirmations.confirmNext().catch((error) => log(`confirmations: ${error.message}`));
    if (!wasDue && !ending) await once(bell, 'ring');
  }
}

const looking = setInterval(() => bell.emit('ring'), lookEveryMs);
void listen();
await Promise.all(Array.from({ length: atOnce }, work));
clearInterval(looking);
await listener?.end();
mailer.close();
await pool.end();
