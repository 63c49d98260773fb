import express, { type NextFunction, type Request, type Response } from 'express';
import { parseBasketItem } from './basket.ts';
import { readCookie, type Session, Sessions } from './sessions.ts';
import { authenticate, findUser } from './users.ts';

const cookieName = 'session';

/** The ticket shop's accounts and baskets. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  const sessions = new Sessions(sessionTtlS);
  app.disable('x-powered-by');
  app.use(express.json());

  app.post('/login', async (req, res) => {
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    res.cookie(cookieName, sessions.start(user.username));
    res.json({ username: user.username });
  });

  app.post('/logout', (req, res) => {
    sessions.end(readCookie(req, cookieName));
    res.clearCookie(cookieName).status(204).end();
  });

  function requireLogin(req: Request, res: Response, next: NextFunction): void {
    const session = sessions.use(readCookie(req, cookieName));
    if (!session) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.locals.session = session;
    next();
  }

  app.get('/profile', requireLogin, (_req, res) => {
    const { username } = res.locals.session as Session;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', requireLogin, (_req, res) => {
    const { items } = res.locals.session as Session;
    res.json({ items });
  });

  app.post('/basket', requireLogin, (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    const { items } = res.locals.session as Session;
    items.push(item);
    res.status(201).json({ items });
  });

  return app;
}
