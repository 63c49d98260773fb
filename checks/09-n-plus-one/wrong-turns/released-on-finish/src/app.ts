import { drizzle } from 'drizzle-orm/node-postgres';
import express from 'express';
import type { Pool } from 'pg';
import { findEvent, listEvents } from './events.ts';

const defaultLimit = 20;
const maxLimit = 100;

/** The ticket shop's calendar. */
export function createApp({ pool }: { pool: Pool }) {
  const app = express();
  app.disable('x-powered-by');

  // One connection for each request, so that its statements see the same session. It goes back when the answer is out.
  app.use('/events', async (_req, res, next) => {
    const client = await pool.connect();
    res.on('finish', () => client.release());
    res.locals.db = drizzle({ client });
    next();
  });

  app.get('/events', async (req, res) => {
    const limit = parseLimit(req.query.limit);
    const from = parseDay(req.query.from);
    if (limit === 'bad' || from === 'bad') {
      res.status(400).json({ error: 'limit must be a whole number from 1, from a day such as 2027-03-05' });
      return;
    }
    res.json({ events: await listEvents(res.locals.db, { from, limit }) });
  });

  app.get('/events/:id', async (req, res) => {
    const event = /^[1-9]\d{0,8}$/.test(req.params.id)
      ? await findEvent(res.locals.db, Number(req.params.id))
      : undefined;
    if (!event) {
      res.status(404).json({ error: 'no such event' });
      return;
    }
    res.json(event);
  });

  return app;
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
