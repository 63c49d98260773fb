import express, { type NextFunction, type Request, type Response } from 'express';
import type { Redis } from 'ioredis';
import { Baskets, parseBasketItem } from './basket.ts';
import { RedisUnavailable } from './redis.ts';
import { endSession, sessionsIn, startSession } from './sessions.ts';
import { authenticate, findUser } from './users.ts';

export interface AppOptions {
  redis: Redis;
  sessionTtlS: number;
  sessionSecret: string;
}

/** The ticket shop's accounts and baskets. */
export function createApp({ redis, sessionTtlS, sessionSecret }: AppOptions) {
  const app = express();
  const baskets = new Baskets(redis, sessionTtlS);
  app.disable('x-powered-by');
  app.set('trust proxy', 1); // TLS ends at the balancer: its X-Forwarded-Proto decides whether cookies are Secure.
  app.use(express.json());
  app.use(sessionsIn({ redis, baskets, ttlS: sessionTtlS, secret: sessionSecret }));

  app.post('/login', async (req, res) => {
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    await startSession(req, user.username);
    res.json({ username: user.username });
  });

  app.post('/logout', async (req, res) => {
    if (req.session.username) await endSession(req);
    res.clearCookie('encore.sid').status(204).end();
  });

  function requireLogin(req: Request, res: Response, next: NextFunction): void {
    if (!req.session.username) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    next();
  }

  app.get('/profile', requireLogin, (req, res) => {
    const { username = '' } = req.session;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', requireLogin, async (req, res) => {
    res.json({ items: await baskets.items(req.sessionID) });
  });

  app.post('/basket', requireLogin, async (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    res.status(201).json({ items: await baskets.add(req.sessionID, item) });
  });

  app.use((error: Error & { status?: number }, _req: Request, res: Response, next: NextFunction) => {
    if (error instanceof RedisUnavailable) {
      console.error(error.message);
      res.status(503).set('Retry-After', '1').json({ error: 'please try again in a moment' });
      return;
    }
    next(error);
  });

  return app;
}
