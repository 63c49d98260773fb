import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import type { Redis } from 'ioredis';
import { listedShow, shownShow, shownVisitor } from './answers.ts';
import { jsonBody } from './body.ts';
import { compress } from './compress.ts';
import { answerError, RequestError } from './errors.ts';
import { cityIn, orderIn, searchTermIn, visitorIn } from './input.ts';
import { type Session, Sessions } from './sessions.ts';
import { findShow, shows } from './shows.ts';

const poster = readFileSync(new URL('./poster.jpg', import.meta.url));

/** The tour's public API: the programme, the search, and orders. */
export function createApp({ redis }: { redis: Redis }) {
  const app = express();
  const sessions = new Sessions(redis);
  app.disable('x-powered-by');
  app.use(compress);
  app.use(async (req, res, next) => {
    if (req.headers.cookie) res.locals.session = await sessions.of(req);
    next();
  });

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/shows', (req, res) => {
    const city = cityIn(req.query)?.toLowerCase();
    const found = city === undefined ? shows : shows.filter((show) => show.city.toLowerCase() === city);
    res.json(found.map(listedShow));
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
    res.status(201).json({ order: randomUUID(), show: show.id, seats, totalCents: seats * show.priceCents });
  });

  app.post('/visitors', jsonBody, async (req, res) => {
    const session = { ...visitorIn(req.body), since: new Date().toISOString(), address: String(req.ip) };
    res.set('Set-Cookie', await sessions.start(session));
    res.status(201).json(shownVisitor(session));
  });

  app.get('/me', (_req, res) => {
    const session = res.locals.session as Session | undefined;
    if (!session) throw new RequestError(401, 'please say who you are');
    res.json(shownVisitor(session));
  });

  app.use(answerError);
  return app;
}
