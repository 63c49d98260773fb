import { setImmediate } from 'node:timers/promises';
import { makeTicket, type TicketOptions } from './ticket.ts';

/** More tickets wait than we are willing to keep. */
export class PoolIsFull extends Error {}

export async function makeTicketInPool(options: TicketOptions): Promise<string> {
  await setImmediate();
  return makeTicket(options);
}
