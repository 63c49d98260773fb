import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';

interface UnderWay {
  id: number;
  method: string | undefined;
  path: string | undefined;
  since: string;
}

const underWay = new Map<number, UnderWay>();
let lastId = 0;

/** Keeps a request on the board until its answer is sent or its client is gone. */
export function arrive(req: IncomingMessage, res: ServerResponse): void {
  const id = ++lastId;
  underWay.set(id, { id, method: req.method, path: req.url, since: new Date().toISOString() });
  // Every answer ends with this event: a sent one, a failed one, and one that nobody waits for any more.
  res.once('close', () => underWay.delete(id));
}

export function onBoard(handler: (req: Request, res: Response) => void | Promise<void>): RequestHandler {
  return handler;
}

/** What the app is working on, for whoever is on call. */
export function board() {
  return [...underWay.values()];
}
