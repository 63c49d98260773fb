import type { Database } from './database.ts';

/** An event as the calendar shows it. */
export interface ListedEvent {
  id: number;
  title: string;
  startsAt: Date;
  venue: { id: number; name: string; city: string } | null;
  artists: { id: number; name: string }[];
  fromCents: number | null;
}

interface EventRow {
  id: number;
  title: string;
  startsAt: Date;
  venueId: number | null;
  venueName: string;
  venueCity: string;
}

const withVenue = (events: string) => `
  SELECT e.id, e.title, e.starts_at AS "startsAt", v.id AS "venueId", v.name AS "venueName", v.city AS "venueCity"
  FROM (SELECT id, title, starts_at, venue_id FROM events ${events}) e
  LEFT JOIN venues v ON v.id = e.venue_id
  ORDER BY e.starts_at, e.id`;

/** The next events, those of one evening in the order of their ids. */
export async function listEvents(
  database: Database,
  { from, limit, signal }: { from: Date | undefined; limit: number; signal: AbortSignal },
): Promise<ListedEvent[]> {
  const rows = await database.query<EventRow>(
    withVenue('WHERE $1::timestamptz IS NULL OR starts_at >= $1 ORDER BY starts_at, id LIMIT $2'),
    [from?.toISOString() ?? null, limit],
    signal,
  );
  return withEverything(database, rows, signal);
}

export async function findEvent(database: Database, id: number, signal: AbortSignal): Promise<ListedEvent | undefined> {
  const rows = await database.query<EventRow>(withVenue('WHERE id = $1'), [id], signal);
  const [event] = await withEverything(database, rows, signal);
  return event;
}

/** Two more statements, for however many events. */
async function withEverything(database: Database, rows: EventRow[], signal: AbortSignal): Promise<ListedEvent[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const artists = Map.groupBy(await artistsOf(database, ids, signal), ({ eventId }) => eventId);
  const cheapest = new Map((await cheapestOf(database, ids, signal)).map(({ eventId, cents }) => [eventId, cents]));
  return rows.map(({ id, title, startsAt, venueId, venueName, venueCity }) => ({
    id,
    title,
    startsAt,
    venue: venueId === null ? null : { id: venueId, name: venueName, city: venueCity },
    artists: (artists.get(id) ?? []).map((artist) => ({ id: artist.id, name: artist.name })),
    fromCents: cheapest.get(id) ?? null,
  }));
}

function artistsOf(database: Database, ids: number[], signal: AbortSignal) {
  return database.query<{ eventId: number; id: number; name: string }>(
    `SELECT ea.event_id AS "eventId", a.id, a.name
     FROM event_artists ea JOIN artists a ON a.id = ea.artist_id
     WHERE ea.event_id = ANY($1::int[]) ORDER BY ea.event_id, ea.position`,
    [ids],
    signal,
  );
}

function cheapestOf(database: Database, ids: number[], signal: AbortSignal) {
  return database.query<{ eventId: number; cents: number }>(
    `SELECT event_id AS "eventId", min(price_cents) AS cents FROM prices
     WHERE event_id = ANY($1::int[]) GROUP BY event_id`,
    [ids],
    signal,
  );
}
