import { type RequestHandler, Router } from 'express';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';

/** What the platform asks. */
export function healthRoutes({ pool, redis }: { pool: Pool; redis: Redis }): Router {
  const router = Router();

  const everythingAnswers: RequestHandler = async (_req, res) => {
    await Promise.all([pool.query('SELECT 1'), redis.ping()]);
    res.json({ status: 'ok' });
  };
  router.get('/health', everythingAnswers);
  router.get('/ready', everythingAnswers);

  return router;
}
