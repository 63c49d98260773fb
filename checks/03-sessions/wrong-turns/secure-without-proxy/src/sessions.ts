import { RedisStore } from 'connect-redis';
import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import { RedisUnavailable } from './redis.ts';

declare module 'express-session' {
  interface SessionData {
    username: string;
  }
}

export interface SessionOptions {
  redis: Redis;
  /** A session ends so many seconds after its last use. */
  ttlS: number;
  secret: string;
}

/** Middleware that gives each request its session, whichever instance it reaches. */
export function sessionsIn({ redis, ttlS, secret }: SessionOptions): RequestHandler {
  const load = session({
    store: new RedisStore({ client: redis, ttl: ttlS }),
    secret,
    name: 'encore.sid',
    resave: false, // Unchanged sessions are not written again: the store's touch renews their time to live.
    saveUninitialized: false, // No login, no session: visitors and crawlers leave nothing in Redis.
    // No maxAge: the browser forgets the cookie when it closes, and only Redis decides when a session ends.
    cookie: { httpOnly: true, sameSite: 'lax', secure: true },
  });
  return (req, res, next) => load(req, res, (error?: unknown) => next(error && new RedisUnavailable(error)));
}

/** Logs in under a new id, so that an id which somebody planted before is worth nothing afterwards. */
export async function startSession(req: Request, username: string): Promise<void> {
  await stored((done) => req.session.regenerate(done));
  req.session.username = username;
  // express-session would save after the handler, when a failure can no longer become a 503.
  await stored((done) => req.session.save(done));
}

/** Deletes the session in Redis, so that no copy of the cookie is worth anything, on any instance. */
export async function endSession(req: Request): Promise<void> {
  await stored((done) => req.session.destroy(done));
}

function stored(run: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => (error ? reject(new RedisUnavailable(error)) : resolve()));
  });
}
