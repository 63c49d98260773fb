import { RedisStore } from 'connect-redis';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';
import { type BasketItem, parseBasketItem } from './basket.ts';
import { authenticate, findUser } from './users.ts';

declare module 'express-session' {
  interface SessionData {
    username: string;
    items: BasketItem[];
  }
}

/** The ticket shop's accounts and baskets, the basket inside the session. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
    maxRetriesPerRequest: 1,
    commandTimeout: 1_000,
    retryStrategy: () => 200,
  });
  redis.on('error', (error) => console.error(error.message));
  app.set('trust proxy', 'loopback');
  app.use(express.json());
  app.use(
    session({
      store: new RedisStore({ client: redis }), // Keys live as long as the cookie.
      secret: process.env.SESSION_SECRET ?? 'only for development',
      resave: false,
      saveUninitialized: false,
      rolling: true, // The cookie has an age, so each answer sends it anew.
      cookie: { httpOnly: true, sameSite: 'lax', secure: true, maxAge: sessionTtlS * 1000 },
    }),
  );

  app.post('/login', async (req, res) => {
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    await new Promise<void>((resolve, reject) => {
      req.session.regenerate((error) => (error ? reject(error) : resolve()));
    });
    req.session.username = user.username;
    req.session.items = [];
    res.json({ username: user.username });
  });

  app.post('/logout', (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.status(204).end()));
  });

  function requireLogin(req: Request, res: Response, next: NextFunction): void {
    if (req.session.username) next();
    else res.status(401).json({ error: 'please log in' });
  }

  app.get('/profile', requireLogin, (req, res) => {
    const { username = '' } = req.session;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', requireLogin, (req, res) => {
    res.json({ items: req.session.items });
  });

  app.post('/basket', requireLogin, (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    req.session.items = [...(req.session.items ?? []), item];
    res.status(201).json({ items: req.session.items });
  });

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    if (!res.headersSent) res.status(error.status ?? 503).json({ error: 'please try again in a moment' });
  });

  return app;
}
