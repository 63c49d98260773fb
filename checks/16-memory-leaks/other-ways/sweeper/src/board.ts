import type { Request, RequestHandler, Response } from 'express';

interface Open {
  id: number;
  method: string;
  path: string;
  res: Response;
  ended: AbortController;
}

const open = new Set<Open>();
let lastId = 0;

// Asks each answer whether it is still there, three times a second, instead of listening.
setInterval(sweep, 300);

function sweep(): void {
  for (const entry of open) {
    if (!entry.res.closed && !entry.res.writableFinished) continue;
    open.delete(entry);
    entry.ended.abort();
  }
}

export type Handler = (req: Request, res: Response, signal: AbortSignal) => void | Promise<void>;

export function onBoard(handler: Handler): RequestHandler {
  return async (req, res) => {
    const ended = new AbortController();
    open.add({ id: ++lastId, method: req.method, path: req.originalUrl, res, ended });
    await handler(req, res, ended.signal);
  };
}

export function board() {
  sweep();
  return [...open].map(({ id, method, path }) => ({ id, method, path }));
}
