import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import type { Redis } from 'ioredis';
import { shown } from './lists.ts';
import { body, cityQuery, order, Refused, refused, searchQuery, valid, visitor } from './schemas.ts';
import { sendJson } from './send.ts';
import { Sessions } from './sessions.ts';
import { findShow, shows } from './shows.ts';

const poster = readFileSync(new URL('./poster.jpg', import.meta.url));

export function createApp({ redis }: { redis: Redis }) {
  const app = express();
  const sessions = new Sessions(redis);
  app.disable('x-powered-by');
  app.disable('etag');

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/shows', (req, res) => {
    const { city } = valid(cityQuery, req.query);
    const wanted = city?.toLowerCase();
    const found = wanted ? shows.filter((show) => show.city.toLowerCase() === wanted) : shows;
    return sendJson(
      req,
      res,
      found.map((show) => shown(show)),
    );
  });

  app.get('/shows/:id', (req, res) => {
    const show = findShow(req.params.id);
    if (!show) throw new Refused(404);
    res.json(shown(show, ['description']));
  });

  app.get('/search', (req, res) => {
    const term = valid(searchQuery, req.query).q.toLowerCase();
    const found = shows.filter((show) => show.title.toLowerCase().includes(term));
    return sendJson(
      req,
      res,
      found.map((show) => shown(show)),
    );
  });

  app.get('/poster', (_req, res) => {
    res.type('jpeg').send(poster);
  });

  app.post('/orders', body(order), (_req: express.Request, res: express.Response) => {
    const { show: id, seats } = res.locals.body;
    const show = findShow(id);
    if (!show) throw new Refused(404);
    if (show.seatsLeft < seats) throw new Refused(409);
    show.seatsLeft -= seats;
    res.status(201).json({ order: randomUUID(), show: id, seats, totalCents: seats * show.priceCents });
  });

  app.post('/visitors', body(visitor), async (req: express.Request, res: express.Response) => {
    const { name } = res.locals.body;
    const since = new Date().toISOString();
    res.set('Set-Cookie', await sessions.start({ name, since, address: String(req.ip) }));
    res.status(201).json({ name, since });
  });

  app.get('/me', async (req, res) => {
    const session = await sessions.of(req);
    if (!session) throw new Refused(401);
    res.json({ name: session.name, since: session.since });
  });

  app.use(refused);
  return app;
}
