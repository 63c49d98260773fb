import express, { type Express } from 'express';
import { askForVisits } from './count.ts';
import type { Event } from './events.ts';
import { quote } from './quote.ts';

export interface AppOptions {
  events: Map<string, Event>;
}

export function createApp({ events }: AppOptions): Express {
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
    res.json({ visits: await askForVisits(1) });
  });

  app.get('/visits', async (_req, res) => {
    res.json({ visits: await askForVisits(0) });
  });

  return app;
}
