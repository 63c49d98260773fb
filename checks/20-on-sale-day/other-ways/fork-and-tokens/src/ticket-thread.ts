import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { makeTicket, type TicketOptions } from './ticket.ts';

const mostWaiting = 32;

/** More tickets wait than we are willing to keep. */
export class TooManyTickets extends Error {}

const waiting = new Map<number, PromiseWithResolvers<string>>();
let thread: Worker | undefined;
let asked = 0;

if (!isMainThread)
  parentPort?.on('message', ({ id, options }) => parentPort?.postMessage({ id, svg: makeTicket(options) }));

/** Makes a ticket in the one thread of this process, in the order in which they are asked for. */
export function makeTicketInThread(options: TicketOptions): Promise<string> {
  if (waiting.size >= mostWaiting) return Promise.reject(new TooManyTickets('too many tickets are waited for'));
  thread ??= startThread();
  const id = asked++;
  const made = Promise.withResolvers<string>();
  waiting.set(id, made);
  thread.postMessage({ id, options });
  return made.promise;
}

function startThread(): Worker {
  const started = new Worker(new URL(import.meta.url));
  started.on('message', ({ id, svg }: { id: number; svg: string }) => {
    waiting.get(id)?.resolve(svg);
    waiting.delete(id);
  });
  started.on('error', (error) => {
    thread = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  started.unref();
  return started;
}
