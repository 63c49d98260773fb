import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';

import { clientAddress } from './address.ts';
import { events, findEvent } from './events.ts';
import { limited, limitedFailures } from './limits.ts';
import type { RedisConnection } from './redis-connection.ts';
import { issueToken, userOf } from './tokens.ts';
import { authenticate } from './users.ts';
import { UncountedError, WindowLog } from './window-log.ts';

export interface AppOptions {
  redis: RedisConnection;
  tokenSecret: string;
  windowS: number;
  loginWindowS: number;
  exportWindowS: number;
}

/** The ticket shop's public API: the programme, the login, and exports for promoters. */
export function createApp({ redis, tokenSecret, windowS, loginWindowS, exportWindowS }: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', 1);
  app.use(express.json());
  const addressOf = (req: Request) => clientAddress(req.ip ?? '');
  const reads = new WindowLog(redis, 'reads:', 10, windowS);
  const logins = new WindowLog(redis, 'logins:', 5, loginWindowS);
  const exportsOfUsers = new WindowLog(redis, 'exports:', 5, exportWindowS);

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.post('/login', (req, res, next) => {
    const { username, password } = req.body ?? {};
    if (typeof username === 'string' && typeof password === 'string') next();
    else res.status(400).json({ error: 'username and password must be text' });
  });
  app.post(
    '/login',
    limitedFailures(
      logins,
      (req) => JSON.stringify([addressOf(req), req.body.username]),
      async (req, res) => {
        const user = await authenticate(req.body.username, req.body.password);
        if (user) res.json({ token: issueToken(user.username, tokenSecret) });
        else res.status(401).json({ error: 'wrong username or password' });
        return user !== undefined;
      },
    ),
  );

  const who = (req: Request) => {
    const user = userOf(req, tokenSecret);
    return user === undefined ? `at:${addressOf(req)}` : `is:${user}`;
  };
  const limitReads = limited(reads, who, { alsoUncounted: true });
  app.get('/events', limitReads, (_req, res) => {
    res.json(events);
  });

  app.get('/events/:id', limitReads, (req: Request<{ id: string }>, res) => {
    const event = findEvent(req.params.id);
    if (event) res.json(event);
    else res.status(404).json({ error: 'no such event' });
  });

  app.post('/exports', (req, res, next) => {
    res.locals.username = userOf(req, tokenSecret);
    if (res.locals.username) next();
    else res.status(401).json({ error: 'please log in' });
  });
  app.post(
    '/exports',
    limited(exportsOfUsers, (_req, res) => res.locals.username),
    (_req, res) => {
      res.status(202).json({ export: randomUUID(), username: res.locals.username });
    },
  );

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (error instanceof UncountedError) res.status(503).json({ error: 'please try again in a moment' });
    else next(error);
  });

  return app;
}
