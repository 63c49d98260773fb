import express, { type Express } from 'express';
import type { Redis } from 'ioredis';
import type { Event } from './events.ts';
import { quote } from './quote.ts';

const VISITS_KEY = 'visits';

export interface AppOptions {
  events: Map<string, Event>;
  redis: Redis;
}

export function createApp({ events, redis }: AppOptions): Express {
  const app = express();

  // The load balancer asks every second and takes an instance out that stays silent.
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

  // The front page counts its visitors. Marketing reads the number.
  app.post('/visits', async (_req, res) => {
    const visits = Number(await redis.get(VISITS_KEY)) + 1;
    await redis.set(VISITS_KEY, visits);
    res.json({ visits });
  });

  app.get('/visits', async (_req, res) => {
    res.json({ visits: Number(await redis.get(VISITS_KEY)) });
  });

  return app;
}
