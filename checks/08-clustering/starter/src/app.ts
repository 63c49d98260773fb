import express, { type Express } from 'express';
import type { Event } from './events.ts';
import { quote } from './quote.ts';

export function createApp(events: Map<string, Event>): Express {
  const app = express();
  let visits = 0;

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
  app.post('/visits', (_req, res) => {
    visits++;
    res.json({ visits });
  });

  app.get('/visits', (_req, res) => {
    res.json({ visits });
  });

  return app;
}
