import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import type { ShowEvent } from './hall.ts';

export interface Sale {
  event: string;
  seatsLeft: number;
}

const bus = new EventEmitter<{ sold: [Sale]; beat: [] }>();
// One listener for each open stream, and all of them are taken off again.
bus.setMaxListeners(0);

export function tellStreams(sale: Sale): void {
  bus.emit('sold', sale);
}

let heartbeat: NodeJS.Timeout | undefined;

/** Tells a client of each sale of an event, as server-sent events. */
export function stream(event: ShowEvent, res: Response, heartbeatMs: number) {
  res.type('text/event-stream').set('Cache-Control', 'no-store').flushHeaders();
  const tell = (sale: Sale) => {
    if (sale.event === event.id) res.write(`data: ${JSON.stringify(sale)}\n\n`);
  };
  bus.on('sold', tell);
  const beat = () => res.write(': still here\n\n');
  bus.on('beat', beat);
  // Proxies end a connection on which nothing is sent.
  heartbeat ??= setInterval(() => bus.emit('beat'), heartbeatMs);
  res.once('close', () => {
    bus.off('sold', tell);
    bus.off('beat', beat);
    if (bus.listenerCount('beat') === 0) clearInterval(heartbeat);
  });
}
