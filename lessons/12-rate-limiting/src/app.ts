import { randomUUID } from 'node:crypto';
import express from 'express';
import rateLimit from 'express-rate-limit';
import { events, findEvent } from './events.ts';
import { issueToken, userOf } from './tokens.ts';
import { authenticate } from './users.ts';

export interface AppOptions {
  tokenSecret: string;
  windowS: number;
}

/** The ticket shop's public API: the programme, the login, and exports for promoters. */
export function createApp({ tokenSecret, windowS }: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', true); // We are behind a balancer.
  app.use(
    rateLimit({
      windowMs: windowS * 1_000,
      limit: 10,
      standardHeaders: true,
      legacyHeaders: false,
      validate: { trustProxy: false }, // It warns about the line above.
    }),
  );
  app.use(express.json());

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.post('/login', async (req, res) => {
    const { username, password } = req.body ?? {};
    if (typeof username !== 'string' || typeof password !== 'string') {
      res.status(400).json({ error: 'username and password must be text' });
      return;
    }
    const user = await authenticate(username, password);
    if (user) res.json({ token: issueToken(user.username, tokenSecret) });
    else res.status(401).json({ error: 'wrong username or password' });
  });

  app.get('/events', (_req, res) => {
    res.json(events);
  });

  app.get('/events/:id', (req, res) => {
    const event = findEvent(req.params.id);
    if (event) res.json(event);
    else res.status(404).json({ error: 'no such event' });
  });

  app.post('/exports', (req, res) => {
    const username = userOf(req, tokenSecret);
    if (username) res.status(202).json({ export: randomUUID(), username });
    else res.status(401).json({ error: 'please log in' });
  });

  return app;
}
