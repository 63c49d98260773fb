import express, { type NextFunction, type Request, type Response } from 'express';
import { parseBasketItem } from './basket.ts';
import { dropCookie, readCookie, setCookie } from './cookie.ts';
import { type Session, Sessions } from './sessions.ts';
import { StoreDown } from './store.ts';
import { authenticate, findUser } from './users.ts';

/** The ticket shop's accounts and baskets. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  const sessions = new Sessions(sessionTtlS);
  app.disable('x-powered-by');

  // Any request renews the session, so this comes before all routes.
  app.use(async (req, res, next) => {
    const session = await sessions.use(readCookie(req));
    if (session) {
      res.locals.session = session;
      setCookie(res, session.token, sessionTtlS);
    }
    next();
  });
  app.use(express.json());

  app.post('/login', async (req, res) => {
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    setCookie(res, await sessions.start(user.username, readCookie(req)), sessionTtlS);
    res.json({ username: user.username });
  });

  app.post('/logout', async (req, res) => {
    await sessions.end(readCookie(req));
    dropCookie(res);
    res.status(204).end();
  });

  function requireLogin(_req: Request, res: Response, next: NextFunction): void {
    if (res.locals.session) next();
    else res.status(401).json({ error: 'please log in' });
  }

  app.get('/profile', requireLogin, (_req, res) => {
    const { username } = res.locals.session as Session;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', requireLogin, async (_req, res) => {
    res.json({ items: await sessions.items(res.locals.session as Session) });
  });

  app.post('/basket', requireLogin, async (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    const items = await sessions.add(res.locals.session as Session, item);
    if (items) res.status(201).json({ items });
    else res.status(401).json({ error: 'please log in' });
  });

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (error instanceof StoreDown) res.status(503).json({ error: 'please try again' });
    else next(error);
  });

  return app;
}
