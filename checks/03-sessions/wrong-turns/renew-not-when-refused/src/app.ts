import express, { type NextFunction, type Request, type Response } from 'express';
import type { Redis } from 'ioredis';
import { type BasketItem, Baskets, parseBasketItem } from './basket.ts';
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
  const sessions = sessionsIn({ redis, baskets, ttlS: sessionTtlS, secret: sessionSecret });
  app.use(['/login', '/logout', '/profile'], sessions);

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

  /** Turns nonsense away before it costs a round trip to Redis. */
  function requireItem(req: Request, res: Response, next: NextFunction): void {
    res.locals.item = parseBasketItem(req.body);
    if (res.locals.item) next();
    else res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
  }

  app.get('/basket', sessions, requireLogin, async (req, res) => {
    res.json({ items: await baskets.items(req.sessionID) });
  });

  app.post('/basket', requireItem, sessions, requireLogin, async (req, res) => {
    res.status(201).json({ items: await baskets.add(req.sessionID, res.locals.item as BasketItem) });
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
