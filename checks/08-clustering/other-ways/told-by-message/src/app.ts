import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Redis } from 'ioredis';
import type { Event } from './events.ts';
import { log } from './log.ts';
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
    // One command, so two workers can't read the same number and both add one to it.
    res.json({ visits: await redis.incr(VISITS_KEY) });
  });

  app.get('/visits', async (_req, res) => {
    res.json({ visits: Number(await redis.get(VISITS_KEY)) });
  });

  // Redis is away. Only visits need it.
  app.use('/visits', (error: Error, req: Request, res: Response, _next: NextFunction) => {
    log(`${req.method} ${req.path}: ${error.message}`);
    res.status(503).json({ error: 'visits are not counted at the moment' });
  });

  return app;
}
