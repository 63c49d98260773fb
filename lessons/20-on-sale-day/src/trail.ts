import type { Request, RequestHandler } from 'express';

const longest = 5;

/** The last requests of each session, for the log of an error. */
const trails = new Map<string, Request[]>();

export const follow: RequestHandler = (req, _res, next) => {
  const trail = trails.get(req.sessionID) ?? [];
  trail.push(req);
  trails.set(req.sessionID, trail.slice(-longest));
  next();
};

export function trailOf(req: Request): string[] {
  return (trails.get(req.sessionID) ?? []).map(({ method, originalUrl }) => `${method} ${originalUrl}`);
}
