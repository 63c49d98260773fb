import { Router } from 'express';
import { mayKeep } from '../caching.ts';
import type { Events } from '../events.ts';
import { idIn } from '../ids.ts';
import type { Prices } from '../prices.ts';
import { ClientError } from '../problems.ts';

/** The programme. */
export function eventRoutes(events: Events, prices: Prices): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    const list = await events.list();
    mayKeep(res);
    res.json({ events: list });
  });

  router.get('/:id', async (req, res) => {
    const event = await events.find(idIn(req.params.id));
    if (!event) throw new ClientError(404, 'No such event.');
    const priceCents = await prices.of(event.id);
    mayKeep(res);
    res.json({ ...event, priceCents });
  });

  return router;
}
