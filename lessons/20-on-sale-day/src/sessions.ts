import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Customer } from './customers.ts';

declare module 'express-session' {
  interface SessionData {
    customer: Customer;
  }
}

/** Gives each request its session. */
export function sessions(secret: string): RequestHandler {
  return session({
    secret,
    name: 'encore.sid',
    resave: false,
    saveUninitialized: true, // Visitors have one, too: support wants to know what they did.
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
  });
}

export function customerOf(req: Request): Customer | undefined {
  return req.session.customer;
}

/** Lets only customers pass who have logged in. */
export const requireLogin: RequestHandler = (req, res, next) => {
  if (customerOf(req)) next();
  else res.status(401).send('Please log in');
};
