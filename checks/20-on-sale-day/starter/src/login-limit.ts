import type { Request, RequestHandler } from 'express';
import { settings } from './settings.ts';

const atMost = 5;

interface Failures {
  count: number;
  firstAt: number;
}

/** The failed logins of each account from each address. */
const failures = new Map<string, Failures>();

/** Who has failed five times has to wait. */
export const limitLogins: RequestHandler = (req, res, next) => {
  const found = failures.get(keyOf(req));
  if (found && Date.now() - found.firstAt > settings.loginWindowS * 1_000) failures.delete(keyOf(req));
  else if (found && found.count >= atMost) {
    res.status(429).send('Too many attempts');
    return;
  }
  next();
};

export function countFailure(req: Request): void {
  const found = failures.get(keyOf(req)) ?? { count: 0, firstAt: Date.now() };
  failures.set(keyOf(req), { ...found, count: found.count + 1 });
}

function keyOf(req: Request): string {
  const [address] = (req.get('x-forwarded-for') ?? req.ip ?? '').split(',');
  return `${address} ${req.body?.email}`;
}
