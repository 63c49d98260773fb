import { EventEmitter, on } from 'node:events';
import { setInterval as beats } from 'node:timers/promises';
import type { Response } from 'express';
import type { ShowEvent } from './hall.ts';

export interface Sale {
  event: string;
  seatsLeft: number;
}

const bus = new EventEmitter();
bus.setMaxListeners(0);

export function tellStreams(sale: Sale): void {
  bus.emit(`sold ${sale.event}`, JSON.stringify(sale));
}

async function sales(event: ShowEvent, res: Response, signal: AbortSignal): Promise<void> {
  for await (const [sale] of on(bus, `sold ${event.id}`, { signal })) res.write(`data: ${sale}\n\n`);
}

async function comments(res: Response, everyMs: number, signal: AbortSignal): Promise<void> {
  for await (const _ of beats(everyMs, undefined, { signal })) res.write(': still here\n\n');
}

export async function stream(event: ShowEvent, res: Response, heartbeatMs: number, signal: AbortSignal): Promise<void> {
  res.type('text/event-stream').set('Cache-Control', 'no-store').flushHeaders();
  await Promise.allSettled([sales(event, res, signal), comments(res, heartbeatMs, signal)]);
}
