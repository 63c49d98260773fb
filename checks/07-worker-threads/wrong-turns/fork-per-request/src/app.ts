import express, { type Express } from 'express';
import { runInProcess } from './run-in-process.ts';
import { venueExists } from './venues.ts';

export function createApp(): Express {
  const app = express();

  // The load balancer asks every second and takes an instance out that stays silent.
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/venues/:id/best-seats', async (req, res) => {
    const party = Number(req.query.party);
    if (!party) {
      res.status(400).json({ error: 'party is missing' });
      return;
    }
    const venueId = Number(req.params.id);
    if (!venueExists(venueId)) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    res.json(await runInProcess({ venueId, party }));
  });

  // The benchmark that the infrastructure team runs after each change of machine type.
  app.get('/fibonacci/:n', async (req, res) => {
    const n = Number(req.params.n);
    res.json({ n, value: await runInProcess({ n }) });
  });

  return app;
}
