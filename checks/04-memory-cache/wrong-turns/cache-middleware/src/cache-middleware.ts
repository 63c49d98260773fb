import type { NextFunction, Request, Response } from 'express';
import NodeCache from 'node-cache';

const cache = new NodeCache({ stdTTL: Number(process.env.CACHE_TTL_S ?? 60) });

/** Answers from the cache, or lets the handler answer and keeps what it says. */
export function cached(req: Request, res: Response, next: NextFunction): void {
  if (req.method !== 'GET') {
    next();
    return;
  }
  const key = `${req.method} ${req.originalUrl}`;
  const kept = cache.get(key);
  if (kept) {
    res.json(kept);
    return;
  }
  const json = res.json.bind(res);
  res.json = (body) => {
    cache.set(key, body);
    return json(body);
  };
  next();
}
