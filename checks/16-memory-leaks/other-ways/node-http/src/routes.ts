import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bodyOf, jsonOf } from './body.ts';
import { HttpError, lastErrors } from './errors.ts';
import { eventById, rowsOf, type ShowEvent } from './hall.ts';

const pngSignature = '89504e47';
const posters = new Map<string, Buffer>();
const underWay = new Map<ServerResponse, { method?: string | undefined; path?: string | undefined }>();
const streams = new Map<string, Set<ServerResponse>>();

/** One timer for all streams, as long as the process lives. */
export function started(heartbeatMs: number): void {
  setInterval(() => {
    for (const ofEvent of streams.values()) for (const res of ofEvent) res.write(': still here\n\n');
  }, heartbeatMs);
}

export async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, first, id, last] = new URL(req.url ?? '/', 'http://desk').pathname.split('/');
  if (first === 'under-way') return json(res, 200, [...underWay.values()]);
  if (first === 'errors') return json(res, 200, lastErrors());
  underWay.set(res, { method: req.method, path: req.url });
  finished(res, () => underWay.delete(res));
  switch ([req.method, first, last].filter(Boolean).join(' ')) {
    case 'GET events':
      return json(res, 200, eventOf(id));
    case 'POST events sales':
      return sell(eventOf(id), await jsonOf(req), res);
    case 'GET events live':
      return stream(eventOf(id), res);
    case 'PUT events poster':
      return keepPoster(eventOf(id), await bodyOf(req, 256 * 1024), res);
    case 'GET events poster':
      return showPoster(eventOf(id), res);
    case 'POST exports': {
      const event = eventOf((await jsonOf(req)).event);
      res.setHeader('content-type', 'application/x-ndjson');
      return pipeline(Readable.from(rowsOf(event)), res).catch(() => {}); // Its client is gone.
    }
    default:
      throw new HttpError(404, 'There is no such route.');
  }
}

function eventOf(id: unknown): ShowEvent {
  const event = eventById(id);
  if (!event) throw new HttpError(404, 'There is no such event.');
  return event;
}

function sell(event: ShowEvent, body: Record<string, unknown>, res: ServerResponse): void {
  const seats = Number.isInteger(body.seats) ? Number(body.seats) : 0;
  if (seats < 1 || seats > 20) throw new HttpError(400, 'seats must be a whole number from 1 to 20.');
  event.seatsLeft = event.seatsLeft >= seats ? event.seatsLeft - seats : event.rows * event.seatsInRow;
  const sale = { event: event.id, seatsLeft: event.seatsLeft };
  for (const listener of streams.get(event.id) ?? []) listener.write(`data: ${JSON.stringify(sale)}\n\n`);
  json(res, 201, sale);
}

function stream(event: ShowEvent, res: ServerResponse): void {
  const ofEvent = streams.get(event.id) ?? new Set();
  streams.set(event.id, ofEvent.add(res));
  finished(res, () => ofEvent.delete(res));
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).flushHeaders();
}

function keepPoster(event: ShowEvent, image: Buffer, res: ServerResponse): void {
  if (image.subarray(0, 4).toString('hex') !== pngSignature) throw new HttpError(415, 'A poster must be a PNG image.');
  posters.set(event.id, image);
  res.writeHead(204).end();
}

function showPoster(event: ShowEvent, res: ServerResponse): void {
  const poster = posters.get(event.id);
  if (!poster) throw new HttpError(404, 'This event has no poster.');
  res.writeHead(200, { 'content-type': 'image/png' }).end(poster);
}

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
