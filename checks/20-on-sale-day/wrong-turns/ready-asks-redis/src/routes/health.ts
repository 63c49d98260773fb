import { Router } from 'express';
import type { Redis } from 'ioredis';
import type { Drain } from '../drain.ts';

/** What the platform asks. */
export function healthRoutes(drain: Drain, redis: Redis): Router {
  const router = Router();

  // Should this process be replaced? An outage of Redis is no reason: a new one would have it, too.
  router.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  // Should it get requests?
  router.get('/ready', async (_req, res) => {
    await redis.ping();
    res.status(drain.started ? 503 : 200);
    if (drain.started) res.type('application/problem+json').send(JSON.stringify({ title: 'Draining', status: 503 }));
    else res.json({ status: 'ok' });
  });

  return router;
}
