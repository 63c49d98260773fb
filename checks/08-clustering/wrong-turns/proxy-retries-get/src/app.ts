import express, { type Express } from 'express';
import type { Redis } from 'ioredis';
import type { Event } from './events.ts';
import { quote } from './quote.ts';

export function createApp(events: Map<string, Event>, redis: Redis, draining: () => boolean): Express {
  const app = express();

  app.use((_req, res, next) => {
    if (draining()) res.set('Connection', 'close');
    next();
  });

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/quote/:event', (req, res) => {
    const event = events.get(req.params.event);
    if (!event) {
      res.status(404).json({ error: 'no such event' });
      return;
    }
    res.json(quote(event));
  });

  app.post('/visits', async (_req, res) => {
    res.json({ visits: await redis.incr('encore:visits') });
  });

  app.get('/visits', async (_req, res) => {
    res.json({ visits: Number((await redis.get('encore:visits')) ?? 0) });
  });

  return app;
}
