import express, { type NextFunction, type Request, type Response } from 'express';
import { Redis } from 'ioredis';
import { parseBasketItem } from './basket.ts';
import { Sessions } from './sessions.ts';
import { authenticate, findUser } from './users.ts';

/** The ticket shop's accounts and baskets. */
export function createApp({ sessionTtlS }: { sessionTtlS: number }) {
  const app = express();
  const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
    maxRetriesPerRequest: 1,
    commandTimeout: 1_000,
    retryStrategy: () => 250,
  });
  redis.on('error', (error) => console.error(error.message));
  const sessions = new Sessions(redis, sessionTtlS);
  app.disable('x-powered-by');
  app.use(sessions.find); // Any request renews the session, also one that is refused.
  app.use(express.json());

  app.post('/login', async (req, res) => {
    const user = await authenticate(req.body?.username, req.body?.password);
    if (!user) {
      res.status(401).json({ error: 'wrong username or password' });
      return;
    }
    await sessions.start(req, res, user.username);
    res.json({ username: user.username });
  });

  app.post('/logout', async (req, res) => {
    await sessions.end(req, res);
    res.status(204).end();
  });

  app.get('/profile', sessions.required, (_req, res) => {
    const { username } = res.locals;
    res.json({ username, name: findUser(username)?.name });
  });

  app.get('/basket', sessions.required, async (_req, res) => {
    res.json({ items: await sessions.items(res.locals.username) });
  });

  app.post('/basket', sessions.required, async (req, res) => {
    const item = parseBasketItem(req.body);
    if (!item) {
      res.status(400).json({ error: 'event must be a name and seats a whole number from 1 to 8' });
      return;
    }
    res.status(201).json({ items: await sessions.add(res.locals.username, item) });
  });

  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    res.status(error.status ?? 503).json({ error: 'please try again in a moment' });
  });

  return app;
}
