import type { Request, RequestHandler, Response } from 'express';

interface UnderWay {
  id: number;
  method: string;
  path: string;
  since: string;
  attempt: number;
}

const underWay = new Map<number, UnderWay>();
let lastId = 0;
/** How often a request came: whoever sends it again gives it the same id. */
const attempts = new Map<string, number>();

/** Runs a handler, and keeps its request on the board until its answer is sent or its client is gone. */
export function onBoard(handler: (req: Request, res: Response) => void | Promise<void>): RequestHandler {
  return (req, res) => {
    const id = ++lastId;
    const requestId = req.get('x-request-id') ?? '';
    const attempt = (attempts.get(requestId) ?? 0) + 1;
    attempts.set(requestId, attempt);
    underWay.set(id, { id, method: req.method, path: req.originalUrl, since: new Date().toISOString(), attempt });
    // Every answer ends with this event: a sent one, a failed one, and one that nobody waits for any more.
    res.once('close', () => underWay.delete(id));
    return handler(req, res);
  };
}

/** What the app is working on, for whoever is on call. */
export function board() {
  return [...underWay.values()];
}
