import type { Request, RequestHandler } from 'express';

const longest = 5;
/** As many customers are followed, those who came last. */
const most = 500;

/** The last requests of each session, for the log of an error. What was asked, and not the request with all that it holds. */
const trails = new Map<string, string[]>();

export const follow: RequestHandler = (req, _res, next) => {
  // Without a login, each request has a session id of its own.
  if (req.session?.customer) {
    const trail = trails.get(req.sessionID) ?? [];
    trails.delete(req.sessionID); // So that it comes last.
    trails.set(req.sessionID, [...trail, `${req.method} ${req.originalUrl.slice(0, 200)}`].slice(-longest));
    const [oldest] = trails.keys();
    if (trails.size > most && oldest !== undefined) trails.delete(oldest);
  }
  next();
};

export function trailOf(req: Request): string[] {
  return trails.get(req.sessionID) ?? [];
}
