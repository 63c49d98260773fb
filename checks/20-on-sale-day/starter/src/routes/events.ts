import { Router } from 'express';
import type { Events } from '../events.ts';
import type { Prices } from '../prices.ts';

/** The programme. */
export function eventRoutes(events: Events, prices: Prices): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    res.json({ events: await events.list() });
  });

  router.get('/:id', async (req, res) => {
    const event = await events.find(req.params.id);
    if (!event) {
      res.status(404).send('No such event');
      return;
    }
    res.json({ ...event, priceCents: await prices.of(event.id) });
  });

  return router;
}
