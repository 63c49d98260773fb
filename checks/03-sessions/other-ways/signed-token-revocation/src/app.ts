import { randomUUID } from 'node:crypto';
import express, { type CookieOptions, type NextFunction, type Request, type Response } from 'express';
import { parseBasketItem } from './basket.ts';
import { connectRedis } from './redis.ts';
import { readCookie } from './sessions.ts';
import { type Claims, sign, verify } from './token.ts';
import { authenticate, findUser } from './users.ts';

const cookieName = 'token';
const cookieOptions: CookieOptions = { httpOnly: true, sameSite: 'strict', secure: true };

/** The ticket shop's accounts and baskets. The login is in a signed cookie, logouts and baskets are in Redis. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  const redis = connectRedis();
  app.disable('x-powered-by');

  function setToken(res: Response, { id, username }: Pick<Claims, 'id' | 'username'>): void {
    res.removeHeader('Set-Cookie'); // A login replaces what was renewed before it.
    res.cookie(cookieName, sign({ id, username, expires: Date.now() + sessionTtlS * 1000 }), cookieOptions);
  }

  // A revocation has to be remembered for as long as a copy of the token could be used, and no longer.
  async function end(claims: Claims): Promise<void> {
    await redis.multi().set(revokedKey(claims), 1, 'EX', sessionTtlS).del(basketKey(claims)).exec();
  }

  app.post('/logout', async (req, res) => {
    const claims = verify(readCookie(req, cookieName));
    if (claims) await end(claims);
    res.clearCookie(cookieName, cookieOptions).status(204).end();
  });

  // Any request renews the token, also one that is refused.
  app.use(async (req, res, next) => {
    const claims = verify(readCookie(req, cookieName));
    if (claims && !(await redis.exists(revokedKey(claims)))) {
      setToken(res, claims);
      await redis.expire(basketKey(claims), sessionTtlS);
      res.locals.claims = claims;
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
    if (res.locals.claims) await end(res.locals.claims as Claims);
    setToken(res, { id: randomUUID(), username: user.username });
    res.json({ username: user.username });
  });

  function requireLogin(_req: Request, res: Response, next: NextFunction): void {
    if (res.locals.claims) next();
    else res.status(401).json({ error: 'please log in' });
  }

  app.get('/profile', requireLogin, (_req, res) => {
    const { username } = res.locals.claims as Claims;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', requireLogin, async (_req, res) => {
    const lines = await redis.lrange(basketKey(res.locals.claims), 0, -1);
    res.json({ items: lines.map((line) => JSON.parse(line)) });
  });

  app.post('/basket', requireLogin, async (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    const key = basketKey(res.locals.claims);
    await redis.multi().rpush(key, JSON.stringify(item)).expire(key, sessionTtlS).exec();
    const lines = await redis.lrange(key, 0, -1);
    res.status(201).json({ items: lines.map((line) => JSON.parse(line)) });
  });

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    res.status(error.status ?? 503).json({ error: 'please try again in a moment' });
  });

  return app;
}

const revokedKey = ({ id }: Claims) => `revoked:${id}`;
const basketKey = ({ id }: Claims) => `basket:${id}`;
