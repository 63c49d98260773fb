import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import type { Redis } from 'ioredis';
import { listedShow, shownShow, shownVisitor } from './answers.ts';
import { jsonBody } from './body.ts';
import { compress } from './compress.ts';
import { answerError, RequestError } from './errors.ts';
import { cityIn, orderIn, searchTermIn, visitorIn } from './input.ts';
import { Sessions } from './sessions.ts';
import { findShow, type ShowRow, shows } from './shows.ts';

const poster = readFileSync(new URL('./poster.jpg', import.meta.url));

/** The tour's public API: the programme, the search, and orders. */
export function createApp({ redis }: { redis: Redis }) {
  const app = express();
  const sessions = new Sessions(redis);
  app.disable('x-powered-by');
  app.use(compress);

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  /** By city. Most clients ask for the same few. */
  const kept = new Map<string, unknown[]>();

  app.get('/shows', (req, res) => {
    const city = cityIn(req.query);
    const lists = (show: ShowRow) => city === undefined || show.city.toLowerCase() === city.toLowerCase();
    const list = kept.get(city ?? '') ?? shows.filter(lists).map(listedShow);
    if (kept.size < 100) kept.set(city ?? '', list);
    res.json(list);
  });

  app.get('/shows/:id', (req, res) => {
    const show = findShow(req.params.id);
    if (!show) throw new RequestError(404, 'no such show');
    res.json(shownShow(show));
  });

  app.get('/search', (req, res) => {
    const term = searchTermIn(req.query).toLowerCase();
    res.json(shows.filter((show) => show.title.toLowerCase().includes(term)).map(listedShow));
  });

  app.get('/poster', (_req, res) => {
    res.type('jpeg').send(poster);
  });

  app.post('/orders', jsonBody, (req, res) => {
    const { show, seats } = orderIn(req.body);
    if (show.seatsLeft < seats) throw new RequestError(409, 'not so many seats left');
    show.seatsLeft -= seats;
    for (const name of [show.city, show.city.toLowerCase(), '']) kept.delete(name);
    res.status(201).json({ order: randomUUID(), show: show.id, seats, totalCents: seats * show.priceCents });
  });

  app.post('/visitors', jsonBody, async (req, res) => {
    const session = { ...visitorIn(req.body), since: new Date().toISOString(), address: String(req.ip) };
    res.set('Set-Cookie', await sessions.start(session));
    res.status(201).json(shownVisitor(session));
  });

  app.get('/me', async (req, res) => {
    const session = await sessions.of(req);
    if (!session) throw new RequestError(401, 'please say who you are');
    res.json(shownVisitor(session));
  });

  app.use(answerError);
  return app;
}
