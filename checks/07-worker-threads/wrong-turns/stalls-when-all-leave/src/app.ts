import express, { type Express, type Response } from 'express';
import { type Pool, QueueFull } from './pool.ts';
import { venueExists } from './venues.ts';

export function createApp(pool: Pool): Express {
  const app = express();

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/venues/:id/best-seats', async (req, res) => {
    const party = req.query.party;
    if (typeof party !== 'string' || !/^[2-8]$/.test(party)) {
      res.status(400).json({ error: 'party is a whole number from 2 to 8' });
      return;
    }
    const venue = Number(req.params.id);
    if (!venueExists(venue)) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    await answer(res, pool, { kind: 'seats', venue, party: Number(party) });
  });

  app.get('/fibonacci/:n', async (req, res) => {
    if (!/^([0-9]|[12][0-9]|3[0-5])$/.test(req.params.n)) {
      res.status(400).json({ error: 'n is a whole number from 0 to 35' });
      return;
    }
    await answer(res, pool, { kind: 'fibonacci', n: Number(req.params.n) });
  });

  return app;
}

async function answer(res: Response, pool: Pool, task: object): Promise<void> {
  const gone = new AbortController();
  res.on('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  try {
    res.json(await pool.run(task, gone.signal));
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof QueueFull) {
      res.status(503).set('Retry-After', '5').json({ error: 'too many searches, come back later' });
      return;
    }
    res.status(500).json({ error: 'the search failed' });
  }
}
