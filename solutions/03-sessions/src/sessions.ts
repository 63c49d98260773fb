import { RedisStore } from 'connect-redis';
import type { Request, RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';
import type { Redis } from 'ioredis';
import type { Baskets } from './basket.ts';
import { RedisUnavailable } from './redis.ts';

declare module 'express-session' {
  interface SessionData {
    username: string;
  }
}

export interface SessionOptions {
  redis: Redis;
  baskets: Baskets;
  /** How many seconds after its last use a session ends. */
  ttlS: number;
  secret: string;
}

type Done = (error?: unknown) => void;

/** The sessions in Redis. A basket is renewed with its session, and deleted with it at a logout or a new login. */
class SessionStore extends RedisStore {
  readonly #baskets: Baskets;

  constructor({ redis, baskets, ttlS }: Omit<SessionOptions, 'secret'>) {
    super({ client: redis, ttl: ttlS });
    this.#baskets = baskets;
  }

  override async touch(id: string, session: SessionData, done?: Done): Promise<void> {
    await calledBack(Promise.all([super.touch(id, session), this.#baskets.renew(id)]), done);
  }

  override async destroy(id: string, done?: Done): Promise<void> {
    await calledBack(Promise.all([super.destroy(id), this.#baskets.empty(id)]), done);
  }
}

/** Middleware that gives each request its session, whichever instance it reaches. */
export function sessionsIn({ secret, ...options }: SessionOptions): RequestHandler {
  const load = session({
    store: new SessionStore(options),
    secret,
    name: 'encore.sid',
    resave: false, // Unchanged sessions are not written again: the store's touch renews their time to live.
    saveUninitialized: false, // No login, no session: visitors and crawlers leave nothing in Redis.
    // No maxAge: the browser forgets the cookie when it closes, and only Redis decides when a session ends.
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
  });
  return (req, res, next) => {
    load(req, res, (cause?: unknown) => {
      const error = cause ? new RedisUnavailable(cause) : undefined;
      // express-session saves and renews after the handler. The answer has been given, and Express would cut its connection.
      if (error && res.headersSent) console.error(error.message);
      else next(error);
    });
  };
}

/** Logs in under a new id, so that an id which somebody planted before is worth nothing. The old session is deleted. */
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

function stored(run: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => (error ? reject(new RedisUnavailable(error)) : resolve()));
  });
}

/** Express-session calls its store with a callback. */
async function calledBack(work: Promise<unknown>, done: Done = () => {}): Promise<void> {
  await work.then(() => done(), done);
}
