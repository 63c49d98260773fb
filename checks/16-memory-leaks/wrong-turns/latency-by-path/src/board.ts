import type { Request, RequestHandler, Response } from 'express';

interface UnderWay {
  id: number;
  method: string;
  path: string;
  since: string;
}

const underWay = new Map<number, UnderWay>();
let lastId = 0;
const latencies = new Map<string, number[]>();

/** For the p95 of each path: its last hundred latencies. */
function tookMs(path: string, ms: number): void {
  const last = latencies.get(path) ?? [];
  last.push(ms);
  if (last.length > 100) last.shift();
  latencies.set(path, last);
}

/** Runs a handler, and keeps its request on the board until its answer is sent or its client is gone. */
export function onBoard(handler: (req: Request, res: Response) => void | Promise<void>): RequestHandler {
  return (req, res) => {
    const id = ++lastId;
    underWay.set(id, { id, method: req.method, path: req.originalUrl, since: new Date().toISOString() });
    // Every answer ends with this event: a sent one, a failed one, and one that nobody waits for any more.
    const began = performance.now();
    res.once('close', () => {
      underWay.delete(id);
      tookMs(`${req.method} ${req.path}`, performance.now() - began);
    });
    return handler(req, res);
  };
}

/** What the app is working on, for whoever is on call. */
export function board() {
  return [...underWay.values()];
}
