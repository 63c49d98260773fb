import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { BestSeats } from './best-seats.ts';
import { isFull, PoolIsFull, runInPool } from './search-pool.ts';
import { venueExists } from './venues.ts';

const RETRY_AFTER_S = 2;

export function createApp(): Express {
  const app = express();

  // The load balancer asks every second and takes an instance out that stays silent.
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  // Shed load as early as possible.
  app.use('/venues', (_req, _res, next) => next(isFull() ? new PoolIsFull() : undefined));

  app.get('/venues/:id/best-seats', async (req, res) => {
    const party = wholeNumber(req.query.party, 2, 8);
    if (party === undefined) {
      res.status(400).json({ error: 'party must be a whole number from 2 to 8' });
      return;
    }
    const venueId = Number(req.params.id);
    if (!venueExists(venueId)) {
      res.status(404).json({ error: 'no such venue' });
      return;
    }
    res.json(await runInPool<BestSeats>('seatsForParty', { venueId, party }, clientGone(res)));
  });

  // The benchmark that the infrastructure team runs after each change of machine type.
  app.get('/fibonacci/:n', async (req, res) => {
    const n = wholeNumber(req.params.n, 0, 35);
    if (n === undefined) {
      res.status(400).json({ error: 'n must be a whole number from 0 to 35' });
      return;
    }
    res.json({ n, value: await runInPool<number>('fibonacci', n, clientGone(res)) });
  });

  app.use((error: Error, req: Request, res: Response, _next: NextFunction) => {
    // The client went away and took its search along: nobody reads an answer.
    if (error.name === 'AbortError') return;
    if (error instanceof PoolIsFull) {
      res.status(503).set('Retry-After', String(RETRY_AFTER_S)).json({ error: 'too many searches, try again later' });
      return;
    }
    console.error(`${req.method} ${req.originalUrl}:`, error);
    res.status(500).json({ error: 'the search failed' });
  });

  return app;
}

/** A whole number written in digits, or undefined: not "-1", "2.5", "1e9", "four" or nothing. */
function wholeNumber(text: unknown, min: number, max: number): number | undefined {
  if (typeof text !== 'string' || !/^\d{1,4}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= min && number <= max ? number : undefined;
}

/** Aborted when the connection closes before the answer is sent. */
function clientGone(res: Response): AbortSignal {
  const controller = new AbortController();
  res.on('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
