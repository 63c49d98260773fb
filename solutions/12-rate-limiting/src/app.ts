import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { events, findEvent } from './events.ts';
import { createLimits, type LimitsOptions } from './limits.ts';
import { StoreError } from './sliding-window-store.ts';
import { issueToken, userOf } from './tokens.ts';
import { authenticate } from './users.ts';

/** The ticket shop's public API: the programme, the login, and exports for promoters. */
export function createApp(options: LimitsOptions) {
  const { tokenSecret } = options;
  const limits = createLimits(options);
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', 1); // One balancer. What stands left of its entry in X-Forwarded-For may be anybody's.
  app.use(express.json());

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.post('/login', limits.logins, async (req, res) => {
    const { username, password } = req.body ?? {};
    if (typeof username !== 'string' || typeof password !== 'string') {
      res.status(400).json({ error: 'username and password must be text' });
      return;
    }
    const user = await authenticate(username, password);
    if (user) res.json({ token: issueToken(user.username, tokenSecret) });
    else res.status(401).json({ error: 'wrong username or password' });
  });

  app.get('/events', limits.reads, (_req, res) => {
    res.json(events);
  });

  app.get('/events/:id', limits.reads, (req: Request<{ id: string }>, res) => {
    const event = findEvent(req.params.id);
    if (event) res.json(event);
    else res.status(404).json({ error: 'no such event' });
  });

  function requireUser(req: Request, res: Response, next: NextFunction): void {
    res.locals.username = userOf(req, tokenSecret);
    if (res.locals.username) next();
    else res.status(401).json({ error: 'please log in' });
  }

  app.post('/exports', requireUser, limits.exports, (_req, res) => {
    res.status(202).json({ export: randomUUID(), username: res.locals.username });
  });

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (!(error instanceof StoreError)) return next(error);
    res.status(503).json({ error: 'please try again in a moment' });
  });

  return app;
}
