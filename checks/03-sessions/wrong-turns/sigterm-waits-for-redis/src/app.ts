import express, { type NextFunction, type Request, type Response } from 'express';
import { parseBasketItem } from './basket.ts';
import { readCookie, type Sessions } from './sessions.ts';
import { authenticate, findUser } from './users.ts';

const cookieName = 'session';

export function createApp({ sessions, sessionTtlS }: { sessions: Sessions; sessionTtlS: number }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  const setCookie = (res: Response, token: string) =>
    res.cookie(cookieName, token, { httpOnly: true, sameSite: 'lax', path: '/', maxAge: sessionTtlS * 1000 });

  app.post('/login', async (req, res) => {
    const old = readCookie(req, cookieName);
    if (old) await sessions.use(old);
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    if (old) await sessions.end(old);
    setCookie(res, await sessions.start(user.username));
    res.json({ username: user.username });
  });

  app.post('/logout', async (req, res) => {
    const token = readCookie(req, cookieName);
    if (token) await sessions.end(token);
    res.clearCookie(cookieName, { httpOnly: true, sameSite: 'lax', path: '/' }).status(204).end();
  });

  async function requireLogin(req: Request, res: Response, next: NextFunction): Promise<void> {
    const token = readCookie(req, cookieName);
    const session = token ? await sessions.use(token) : undefined;
    if (!session) {
      res.status(401).json({ error: 'please log in' });
      return;
    }
    setCookie(res, token);
    res.locals.token = token;
    res.locals.session = session;
    next();
  }

  app.get('/profile', requireLogin, (_req, res) => {
    const { username } = res.locals.session;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', requireLogin, (_req, res) => {
    res.json({ items: res.locals.session.items });
  });

  app.post('/basket', requireLogin, async (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    const items = await sessions.add(res.locals.token, item);
    if (!items) {
      res.clearCookie(cookieName, { httpOnly: true, sameSite: 'lax', path: '/' });
      res.status(401).json({ error: 'please log in' });
      return;
    }
    res.status(201).json({ items });
  });

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    const status = error.status ?? 503;
    res.status(status).json({ error: status === 503 ? 'try again in a moment' : 'bad request' });
  });

  return app;
}
