import express, { type Response } from 'express';
import type { Database } from './database.ts';
import { findEvent, listEvents } from './events.ts';

const defaultLimit = 20;
const maxLimit = 100;

/** The ticket shop's calendar. */
export function createApp({ database }: { database: Database }) {
  const app = express();
  app.disable('x-powered-by');

  app.get('/events', async (req, res) => {
    const limit = parseLimit(req.query.limit);
    const from = parseDay(req.query.from);
    if (limit === 'bad' || from === 'bad') {
      res.status(400).json({ error: 'limit must be a whole number from 1, from a day such as 2027-03-05' });
      return;
    }
    res.json({ events: await listEvents(database, { from, limit, signal: leaving(res) }) });
  });

  app.get('/events/:id', async (req, res) => {
    const id = parseId(req.params.id);
    const event = id === undefined ? undefined : await findEvent(database, id, leaving(res));
    if (!event) {
      res.status(404).json({ error: 'no such event' });
      return;
    }
    res.json(event);
  });

  return app;
}

/** Aborted when the visitor goes away before the answer. */
function leaving(res: Response): AbortSignal {
  const controller = new AbortController();
  res.on('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** What the database's integer can be; undefined if it is no id. */
function parseId(text: string): number | undefined {
  const id = /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
  return id >= -(2 ** 31) && id < 2 ** 31 ? id : undefined;
}

/** More than the maximum is the maximum. */
function parseLimit(text: unknown): number | 'bad' {
  if (text === undefined) return defaultLimit;
  if (typeof text !== 'string' || !/^\d+$/.test(text) || Number(text) < 1) return 'bad';
  return Math.min(Number(text), maxLimit);
}

/** Midnight of a day, in UTC. */
function parseDay(text: unknown): Date | undefined | 'bad' {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^[12]\d{3}-\d{2}-\d{2}$/.test(text)) return 'bad';
  const day = new Date(`${text}T00:00:00Z`);
  // A Date takes the 30th of February for the 2nd of March.
  return Number.isNaN(day.getTime()) || !day.toISOString().startsWith(text) ? 'bad' : day;
}
