import { setTimeout as delay } from 'node:timers/promises';
import { Confirmations } from './confirmations.ts';
import { openPool } from './db.ts';
import { log } from './log.ts';
import { createMailer } from './mailer.ts';
import { settings } from './settings.ts';

const atOnce = 2;
const lookEveryMs = 500;

const pool = openPool(settings.databaseUrl);
const mailer = createMailer(settings.smtpUrl, atOnce);
const confirmations = new Confirmations(pool, mailer);
let ending = false;

process.on('SIGTERM', () => {
  ending = true; // What has been begun is finished.
});

async function work(): Promise<void> {
  while (!ending) {
    const wasDue = await confirmations.confirmNext().catch((error) => log(`confirmations: ${error.message}`));
    if (!wasDue) await delay(lookEveryMs);
  }
}

await Promise.all(Array.from({ length: atOnce }, work));
mailer.close();
await pool.end();
