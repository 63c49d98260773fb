import type { Request, RequestHandler } from 'express';
import rateLimit, { ipKeyGenerator } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { ClientError } from './problems.ts';
import { settings } from './settings.ts';
import { SlidingWindowStore } from './sliding-window-store.ts';

const atMost = 5;

/**
 * Five failed logins of an account from an address, over all instances. A try counts from its beginning, or many at once
 * would all be compared. What was let through and was no failure is taken back.
 */
export function limitLogins(redis: Redis): RequestHandler {
  const windowS = settings.loginWindowS;
  return rateLimit({
    store: new SlidingWindowStore(redis, { prefix: 'limit:logins:', limit: atMost, windowS }),
    limit: atMost,
    windowMs: windowS * 1_000,
    standardHeaders: true,
    legacyHeaders: false,
    // The address that the balancer has added. What stands left of it may be anybody's.
    keyGenerator: (req) => `${ipKeyGenerator(req.ip ?? '', 64)} ${req.body?.email}`,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_req, res) => res.statusCode !== 401 && res.statusCode !== 429,
    handler: (req, res, next) => {
      const { resetTime } = (req as Request & { rateLimit: { resetTime: Date } }).rateLimit;
      res.set('Retry-After', String(Math.round((resetTime.getTime() - Date.now()) / 1_000)));
      next(new ClientError(429, 'Too many attempts.'));
    },
    logger: { error: () => {}, warn: console.warn }, // redis.ts logs an outage once.
  });
}
