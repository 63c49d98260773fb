import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Pool } from 'pg';
import type { Customer } from './customers.ts';
import { ClientError } from './problems.ts';
import { SessionStore } from './session-store.ts';

declare module 'express-session' {
  interface SessionData {
    customer: Customer;
  }
}

type Done = (error?: unknown) => void;

const ttlS = 24 * 3_600;

/** Gives each request its session, whichever process it reaches. */
export function sessions(secret: string, pool: Pool): RequestHandler {
  return session({
    store: new SessionStore(pool, ttlS),
    secret,
    name: 'encore.sid',
    resave: false,
    saveUninitialized: false, // No login, no session: visitors and bots leave nothing in the database.
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
  });
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
    run((error) => (error ? reject(error) : resolve()));
  });
}
