import express, { type CookieOptions, type NextFunction, type Request, type Response } from 'express';
import { parseBasketItem } from './basket.ts';
import { readCookie } from './sessions.ts';
import { type Claims, sign, verify } from './token.ts';
import { authenticate, findUser } from './users.ts';

const cookieName = 'session';
const cookieOptions: CookieOptions = { httpOnly: true, sameSite: 'lax', secure: true };

/** The ticket shop's accounts and baskets, stateless: all that there is to know is in the signed cookie. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  function setSession(res: Response, session: Omit<Claims, 'expires'>): void {
    res.cookie(cookieName, sign({ ...session, expires: Date.now() + sessionTtlS * 1000 }), cookieOptions);
  }

  app.post('/login', async (req, res) => {
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    setSession(res, { username: user.username, items: [] });
    res.json({ username: user.username });
  });

  app.post('/logout', (_req, res) => {
    res.clearCookie(cookieName, cookieOptions).status(204).end();
  });

  function requireLogin(req: Request, res: Response, next: NextFunction): void {
    const session = verify(readCookie(req, cookieName));
    if (!session) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.locals.session = session;
    next();
  }

  app.get('/profile', requireLogin, (_req, res) => {
    const session = res.locals.session as Claims;
    setSession(res, session);
    res.json({ username: session.username, name: findUser(session.username)?.name });
  });

  app.get('/basket', requireLogin, (_req, res) => {
    const session = res.locals.session as Claims;
    setSession(res, session);
    res.json({ items: session.items });
  });

  app.post('/basket', requireLogin, (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    const session = res.locals.session as Claims;
    const items = [...session.items, item];
    setSession(res, { ...session, items });
    res.status(201).json({ items });
  });

  return app;
}
