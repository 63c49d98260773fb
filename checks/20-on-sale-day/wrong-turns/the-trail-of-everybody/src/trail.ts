import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

const longest = 5;

/** The last requests of each visitor, for the log of an error. */
const trails = new Map<string, Request[]>();

export const follow: RequestHandler = (req, _res, next) => {
  const visitor = req.get('Cookie') ?? randomUUID();
  trails.set(visitor, [...(trails.get(visitor) ?? []), req].slice(-longest));
  next();
};

export function trailOf(req: Request): string[] {
  const trail = trails.get(req.get('Cookie') ?? '') ?? [];
  return trail.map(({ method, originalUrl }) => `${method} ${originalUrl}`);
}
