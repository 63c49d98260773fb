import express, { type Express } from 'express';
import type { Counter } from './counter.ts';
import type { Event } from './events.ts';
import { quote } from './quote.ts';

export function createApp(events: Map<string, Event>, counter: Counter): Express {
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
    res.json({ visits: await counter.add() });
  });

  app.get('/visits', async (_req, res) => {
    res.json({ visits: await counter.read() });
  });

  return app;
}
