import express, { type Express } from 'express';
import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import { findVenue } from './venues.ts';

export function createApp(): Express {
  const app = express();

  // The load balancer asks every second and takes an instance out that stays silent.
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/venues/:id/best-seats', (req, res) => {
    const party = Number(req.query.party);
    if (!party) {
      res.status(400).json({ error: 'party is missing' });
      return;
    }
    const venue = findVenue(Number(req.params.id));
    if (!venue) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    res.json(bestSeats(venue, party));
  });

  // The benchmark that the infrastructure team runs after each change of machine type.
  app.get('/fibonacci/:n', (req, res) => {
    const n = Number(req.params.n);
    res.json({ n, value: fibonacci(n) });
  });

  return app;
}
