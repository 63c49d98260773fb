import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Customer } from './customers.ts';
import { ClientError } from './problems.ts';
import { settings } from './settings.ts';

const cookieName = 'encore';
const ttlMs = 24 * 3_600_000;

const customers = new WeakMap<Request, Customer>();

/** Reads who a customer is out of the cookie, which only we can sign. No process keeps anything. */
export function sessions(secret: string): RequestHandler {
  return (req, _res, next) => {
    const [, token = ''] = /(?:^|; *)encore=([\w.-]+)/.exec(req.headers.cookie ?? '') ?? [];
    const [payload = '', signature = ''] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const right = sign(payload, secret);
    if (given.length === right.length && timingSafeEqual(given, right)) {
      const { endsAt, ...customer } = JSON.parse(Buffer.from(payload, 'base64url').toString());
      if (Date.now() < endsAt) customers.set(req, customer);
    }
    next();
  };
}

export function startSession(req: Request, res: Response, customer: Customer): void {
  const payload = Buffer.from(JSON.stringify({ ...customer, endsAt: Date.now() + ttlMs })).toString('base64url');
  const token = `${payload}.${sign(payload, settings.sessionSecret).toString('base64url')}`;
  res.cookie(cookieName, token, { httpOnly: true, sameSite: 'lax', secure: req.secure, maxAge: ttlMs });
}

export function customerOf(req: Request): Customer | undefined {
  return customers.get(req);
}

/** Lets only customers pass who have logged in. */
export const requireLogin: RequestHandler = (req, _res, next) => {
  if (!customerOf(req)) throw new ClientError(401, 'Please log in.');
  next();
};

function sign(payload: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(payload).digest();
}
