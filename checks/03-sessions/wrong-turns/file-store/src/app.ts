import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { type BasketItem, parseBasketItem } from './basket.ts';
import { FileStore } from './file-store.ts';
import { authenticate, findUser } from './users.ts';

declare module 'express-session' {
  interface SessionData {
    username: string;
    items: BasketItem[];
  }
}

/** The ticket shop's accounts and baskets. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  app.set('trust proxy', 1);
  app.use(express.json());
  app.use(
    session({
      store: new FileStore(`sessions-${process.env.PORT}`, sessionTtlS),
      secret: process.env.SESSION_SECRET ?? 'only for development',
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
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

  return app;
}
