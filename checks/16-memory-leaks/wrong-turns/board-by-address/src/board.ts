import type { Request, RequestHandler, Response } from 'express';

interface UnderWay {
  method: string;
  path: string;
  since: string;
}

const underWay = new Map<string, UnderWay>();

/** Runs a handler, and keeps its request on the board until its answer is sent or its client is gone. */
export function onBoard(handler: (req: Request, res: Response) => void | Promise<void>): RequestHandler {
  return (req, res) => {
    const { method, originalUrl: path } = req;
    const id = `${method} ${path}`;
    underWay.set(id, { method, path, since: new Date().toISOString() });
    // Every answer ends with this event: a sent one, a failed one, and one that nobody waits for any more.
    res.once('close', () => underWay.delete(id));
    return handler(req, res);
  };
}

/** What the app is working on, for whoever is on call. */
export function board() {
  return [...underWay.values()];
}
