import type { Request, RequestHandler, Response } from 'express';

const underWay = new Set<{ method: string; path: string; since: Date }>();

/** Runs a handler with a signal that aborts when its answer is over: sent, failed, or not wanted any more. */
export function whileUnderWay(
  handler: (req: Request, res: Response, over: AbortSignal) => void | Promise<void>,
): RequestHandler {
  return async (req, res) => {
    const entry = { method: req.method, path: req.originalUrl, since: new Date() };
    const lifetime = new AbortController();
    underWay.add(entry);
    res.once('close', () => {
      underWay.delete(entry);
      lifetime.abort();
    });
    try {
      await handler(req, res, lifetime.signal);
    } catch (error) {
      if (!lifetime.signal.aborted) throw error;
    }
  };
}

export function board() {
  return [...underWay];
}
