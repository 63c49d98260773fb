import { RedisStore } from 'connect-redis';
import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import type { Customer } from './customers.ts';
import { log } from './log.ts';
import { ClientError } from './problems.ts';
import { RedisUnavailable } from './redis.ts';

declare module 'express-session' {
  interface SessionData {
    customer: Customer;
  }
}

type Done = (error?: unknown) => void;

const ttlS = 24 * 3_600;

/** Gives each request its session, whichever process it reaches. */
export function sessions(secret: string, redis: Redis): RequestHandler {
  const load = session({
    store: new RedisStore({ client: redis, ttl: ttlS }),
    secret,
    name: 'encore.sid',
    resave: false,
    saveUninitialized: false, // No login, no session: visitors and bots leave nothing in Redis.
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
  });
  return (req, res, next) => {
    load(req, res, (cause?: unknown) => {
      const error = cause ? new RedisUnavailable(cause) : undefined;
      // express-session renews after the handler. The answer has been given, and Express would cut its connection.
      if (error && res.headersSent) log(error.message);
      else next(error);
    });
  };
}

/** Logs in under a new id, so that an id which somebody planted before is worth nothing. */
export async function startSession(req: Request, customer: Customer): Promise<void> {
  await stored((done) => req.session.regenerate(done));
  req.session.customer = customer;
  // express-session would save after the handler, when a failure can no longer become a 503.
  await stored((done) => req.session.save(done));
}

export function customerOf(req: Request): Customer | undefined {
  return req.session?.customer;
}

/** Lets only customers pass who have logged in. */
export const requireLogin: RequestHandler = (req, _res, next) => {
  if (!customerOf(req)) throw new ClientError(401, 'Please log in.');
  next();
};

function stored(run: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => (error ? reject(new RedisUnavailable(error)) : resolve()));
  });
}
