import type { Response } from 'express';
import type { ShowEvent } from './hall.ts';

export interface Sale {
  event: string;
  seatsLeft: number;
}

const streams = new Map<string, Set<Response>>();
let heartbeat: NodeJS.Timeout | undefined;

export function tellStreams(sale: Sale): void {
  for (const res of streams.get(sale.event) ?? []) res.write(`data: ${JSON.stringify(sale)}\n\n`);
}

function beat(): void {
  for (const ofEvent of streams.values()) for (const res of ofEvent) res.write(': still here\n\n');
}

/** Tells a client of each sale of an event, as server-sent events. */
export function stream(event: ShowEvent, res: Response, heartbeatMs: number) {
  res.type('text/event-stream').set('Cache-Control', 'no-store').flushHeaders();
  const ofEvent = streams.get(event.id) ?? new Set();
  streams.set(event.id, ofEvent.add(res));
  // Proxies end a connection on which nothing is sent.
  heartbeat ??= setInterval(beat, heartbeatMs);
  res.once('close', () => {
    ofEvent.delete(res);
    if (ofEvent.size > 0) return;
    streams.delete(event.id);
    clearInterval(heartbeat);
    heartbeat = undefined;
  });
}
