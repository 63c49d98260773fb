import { Router } from 'express';
import type { Drain } from '../drain.ts';

/** What the platform asks. */
export function healthRoutes(drain: Drain): Router {
  const router = Router();

  // Should this process be replaced? An outage of Redis is no reason: a new one would have it, too.
  router.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  // Should it get requests? Without Redis it still has the programme.
  router.get('/ready', (_req, res) => {
    res.status(drain.started ? 503 : 200);
    if (drain.started) res.type('application/problem+json').send(JSON.stringify({ title: 'Draining', status: 503 }));
    else res.json({ status: 'ok' });
  });

  return router;
}
