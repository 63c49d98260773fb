import { Router } from 'express';
import { keepBase } from './metrics.ts';
import type { Supplier } from './supplier.ts';

/** What is on, and one of them with its seats. */
export function eventsRouter(supplier: Supplier): Router {
  const router = Router();
  router.use(keepBase('/events'));

  router.get('/', async (req, res) => {
    const city = String(req.query.city ?? '');
    const { events } = await supplier.events(city);
    res.json(events);
  });

  router.get('/:id', async (req, res) => {
    res.json(await supplier.event(req.params.id));
  });

  return router;
}
