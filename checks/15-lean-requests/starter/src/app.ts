import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import type { Redis } from 'ioredis';
import { compress } from './compress.ts';
import { type Session, Sessions } from './sessions.ts';
import { findShow, shows } from './shows.ts';

const poster = readFileSync(new URL('./poster.jpg', import.meta.url));

/** Words of letters and digits. */
const searchTerm = /^([\p{L}\p{N}]+[ -]?)+$/u;

/** The tour's public API: the programme, the search, and orders. */
export function createApp({ redis }: { redis: Redis }) {
  const app = express();
  const sessions = new Sessions(redis);
  app.disable('x-powered-by');
  app.use(compress);
  app.use(express.json({ limit: '50mb' })); // The promoters' importer once sent 30 MB.
  app.use(async (req, res, next) => {
    res.locals.session = await sessions.of(req);
    next();
  });

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/shows', (req, res) => {
    const city = req.query.city as string | undefined;
    res.json(city ? shows.filter((show) => show.city.toLowerCase() === city.toLowerCase()) : shows);
  });

  app.get('/shows/:id', (req, res) => {
    const show = findShow(req.params.id);
    if (show) res.json(show);
    else res.status(404).json({ error: 'no such show' });
  });

  app.get('/search', (req, res) => {
    const term = req.query.q as string;
    if (!searchTerm.test(term)) {
      res.status(400).json({ error: 'search for words of letters and digits' });
      return;
    }
    res.json(shows.filter((show) => show.title.toLowerCase().includes(term.toLowerCase())));
  });

  app.get('/poster', (_req, res) => {
    res.type('jpeg').send(poster);
  });

  app.post('/orders', (req, res) => {
    const { show: id, seats } = req.body;
    const show = findShow(id.trim());
    if (!show) {
      res.status(404).json({ error: 'no such show' });
      return;
    }
    if (show.seatsLeft < seats) {
      res.status(409).json({ error: 'not so many seats left' });
      return;
    }
    show.seatsLeft -= seats;
    res.status(201).json({ order: randomUUID(), seats, totalCents: seats * show.priceCents, show });
  });

  app.post('/visitors', async (req, res) => {
    const session = { name: req.body.name.trim(), since: new Date().toISOString(), address: String(req.ip) };
    res.set('Set-Cookie', await sessions.start(session));
    res.status(201).json(session);
  });

  app.get('/me', (_req, res) => {
    const session = res.locals.session as Session | undefined;
    if (session) res.json(session);
    else res.status(401).json({ error: 'please say who you are' });
  });

  return app;
}
