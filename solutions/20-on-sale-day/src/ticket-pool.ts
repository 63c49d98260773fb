import { Piscina } from 'piscina';
import type { TicketOptions } from './ticket.ts';

const mostWaiting = 32;

/** More tickets wait than we are willing to keep. */
export class PoolIsFull extends Error {}

// One thread a process: there is a process for each core already.
const pool = new Piscina<TicketOptions, string>({
  filename: new URL('./ticket.ts', import.meta.url).href,
  minThreads: 1,
  maxThreads: 1,
});

/** Makes a ticket in a thread, so that the event loop stays free. */
export function makeTicketInPool(options: TicketOptions): Promise<string> {
  if (pool.queueSize >= mostWaiting) return Promise.reject(new PoolIsFull('too many tickets are waited for'));
  return pool.run(options, { name: 'makeTicket' });
}
