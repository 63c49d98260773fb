import type { Request, RequestHandler, Response } from 'express';

interface UnderWay {
  id: number;
  method: string;
  path: string;
  since: string;
  req: Request;
}

const underWay = new Map<number, UnderWay>();
let lastId = 0;

/** Runs a handler, and keeps its request on the board meanwhile. */
export function onBoard(handler: (req: Request, res: Response) => void | Promise<void>): RequestHandler {
  return async (req, res) => {
    const id = ++lastId;
    underWay.set(id, { id, method: req.method, path: req.originalUrl, since: new Date().toISOString(), req });
    await handler(req, res);
    underWay.delete(id);
  };
}

/** What the app is working on, for whoever is on call. */
export function board() {
  return [...underWay.values()].map(({ req: _req, ...shown }) => shown);
}
