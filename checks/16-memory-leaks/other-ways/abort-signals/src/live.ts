import { EventEmitter, on } from 'node:events';
import { setInterval as every } from 'node:timers/promises';
import type { Response } from 'express';
import type { ShowEvent } from './hall.ts';

export interface Sale {
  event: string;
  seatsLeft: number;
}

const bus = new EventEmitter();
bus.setMaxListeners(0); // One for each open stream.

export function tellStreams(sale: Sale): void {
  bus.emit('sold', sale);
}

export async function stream(event: ShowEvent, res: Response, heartbeatMs: number, over: AbortSignal): Promise<void> {
  res.type('text/event-stream').set('Cache-Control', 'no-store').flushHeaders();
  await Promise.all([tellSales(event, res, over), beat(res, heartbeatMs, over)]);
}

async function tellSales(event: ShowEvent, res: Response, signal: AbortSignal): Promise<void> {
  for await (const [sale] of on(bus, 'sold', { signal }))
    if (sale.event === event.id) res.write(`data: ${JSON.stringify(sale)}\n\n`);
}

async function beat(res: Response, heartbeatMs: number, signal: AbortSignal): Promise<void> {
  for await (const _ of every(heartbeatMs, undefined, { signal })) res.write(': still here\n\n');
}
