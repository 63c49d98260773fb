import type { Request, RequestHandler, Response } from 'express';
import rateLimit, { ipKeyGenerator, MemoryStore, type Options } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { type SlidingWindow, SlidingWindowStore, StoreError } from './sliding-window-store.ts';
import { userOf } from './tokens.ts';

export interface LimitsOptions {
  redis: Redis;
  tokenSecret: string;
  windowS: number;
  loginWindowS: number;
  exportWindowS: number;
}

/** The limits of the shop, each to be put in front of its routes. */
export function createLimits({ redis, tokenSecret, windowS, loginWindowS, exportWindowS }: LimitsOptions) {
  const limit = (window: SlidingWindow, options: Partial<Options>) =>
    rateLimit({
      store: new SlidingWindowStore(redis, window),
      limit: window.limit,
      windowMs: window.windowS * 1_000,
      standardHeaders: true,
      legacyHeaders: false,
      handler: refuse,
      // redis.ts logs an outage once.
      logger: { error: () => {}, warn: console.warn },
      ...options,
    });
  const clientOf = (req: Request) => {
    const user = userOf(req, tokenSecret);
    return user === undefined ? `address:${addressOf(req)}` : `user:${user}`;
  };
  const shared = limit({ prefix: 'limit:reads:', limit: 10, windowS }, { keyGenerator: clientOf });
  const own = limit(
    { prefix: '', limit: 200, windowS },
    { store: new MemoryStore(), keyGenerator: clientOf, validate: false },
  );
  const reads: RequestHandler = (req, res, next) =>
    shared(req, res, (error) => (error instanceof StoreError ? own(req, res, next) : next(error)));
  return {
    /** For reads: without Redis each process counts, and is generous. */
    reads,
    /** Counts failed logins. A try counts from its beginning, or many at once would all be compared. A login is taken back. */
    logins: limit(
      { prefix: 'limit:logins:', limit: 5, windowS: loginWindowS },
      {
        keyGenerator: (req) => `${addressOf(req)}:${req.body?.username}`,
        skipSuccessfulRequests: true,
      },
    ),
    /** Comes after whoever has found out that there is a user. */
    exports: limit(
      { prefix: 'limit:exports:', limit: 5, windowS: exportWindowS },
      { keyGenerator: (_req, res) => res.locals.username },
    ),
  };
}

/** A customer with IPv6 has a /64 of them. */
function addressOf(req: Request): string {
  return ipKeyGenerator(req.ip ?? '', 64);
}

function refuse(_req: Request, res: Response): void {
  res.status(429).type('application/problem+json').send({ title: 'Too many requests', status: 429 });
}
