import { availableParallelism } from 'node:os';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { type Job, Pool, QueueFull } from './pool.ts';
import { venueExists } from './venues.ts';

export const pool = new Pool(availableParallelism(), 32);
/** A bulkhead: the benchmark must not take threads from the customers. */
export const benchmarks = new Pool(availableParallelism(), 32);

export function createApp(): Express {
  const app = express();

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/venues/:id/best-seats', async (req, res) => {
    const party = Number(req.query.party);
    if (!/^[2-8]$/.test(String(req.query.party))) {
      res.status(400).json({ error: 'party must be a whole number from 2 to 8' });
      return;
    }
    const hall = Number(req.params.id);
    if (!venueExists(hall)) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    await answer(pool, res, { hall, party });
  });

  app.get('/fibonacci/:n', async (req, res) => {
    const n = Number(req.params.n);
    if (!/^\d{1,2}$/.test(req.params.n) || n > 35) {
      res.status(400).json({ error: 'n must be a whole number from 0 to 35' });
      return;
    }
    await answer(benchmarks, res, { n });
  });

  app.use((_error: Error, _req: Request, res: Response, _next: NextFunction) => {
    if (!res.headersSent) res.status(500).json({ error: 'the search failed' });
  });

  return app;
}

async function answer(threads: Pool, res: Response, job: Job): Promise<void> {
  const gone = new AbortController();
  res.on('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  try {
    res.json(await threads.run(job, gone.signal));
  } catch (error) {
    if (!(error instanceof QueueFull)) throw error;
    res.set('Retry-After', '5').status(503).json({ error: 'too many searches, come back in a moment' });
  }
}
