import type { Request, RequestHandler, Response } from 'express';

interface UnderWay {
  id: number;
  method: string;
  path: string;
  since: string;
}

const underWay = new Map<Response, UnderWay>();
let lastId = 0;

/** Runs a handler, and keeps its request on the board until its answer is sent or its client is gone. */
export function onBoard(handler: (req: Request, res: Response) => void | Promise<void>): RequestHandler {
  return (req, res) => {
    const id = ++lastId;
    underWay.set(res, { id, method: req.method, path: req.originalUrl, since: new Date().toISOString() });
    // Every answer ends with this event: a sent one, a failed one, and one that nobody waits for any more.
    res.once('close', () => underWay.delete(res));
    return handler(req, res);
  };
}

/** What the app is working on, for whoever is on call. */
export function board() {
  // What has been answered is no work any more.
  return [...underWay].filter(([res]) => !res.writableEnded).map(([, entry]) => entry);
}
