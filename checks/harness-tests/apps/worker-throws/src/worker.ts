import { setTimeout as delay } from 'node:timers/promises';

const concurrency = Number(process.env.CONCURRENCY);
await delay(0); // The first turn of the loop is over: it has loaded, and not yet begun.
if (!concurrency) throw new Error('CONCURRENCY is not set');
