import type { Pool } from 'pg';
import { createLoaders } from './loaders.ts';

export type Database = Pool;

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
  starts_at: Date;
  venue_id: number | null;
  venue: string | null;
  city: string | null;
}

const eventsAndVenues = `
  SELECT e.id, e.title, e.starts_at, v.id AS venue_id, v.name AS venue, v.city
  FROM events e LEFT JOIN venues v ON v.id = e.venue_id`;

/** The next events, those of one evening in the order of their ids. */
export async function listEvents(
  db: Database,
  { from, limit }: { from: Date | undefined; limit: number },
): Promise<ListedEvent[]> {
  const { rows } = await db.query<EventRow>(
    `${eventsAndVenues} WHERE $1::timestamptz IS NULL OR e.starts_at >= $1 ORDER BY e.starts_at, e.id LIMIT $2`,
    [from ?? null, limit],
  );
  const loaders = createLoaders(db);
  return Promise.all(rows.map((row) => complete(loaders, row)));
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const { rows } = await db.query<EventRow>(`${eventsAndVenues} WHERE e.id = $1`, [id]);
  return rows[0] && complete(createLoaders(db), rows[0]);
}

async function complete(loaders: ReturnType<typeof createLoaders>, row: EventRow): Promise<ListedEvent> {
  const [artists, fromCents] = await Promise.all([loaders.artistsOf.load(row.id), loaders.cheapestOf.load(row.id)]);
  return {
    id: row.id,
    title: row.title,
    startsAt: row.starts_at,
    venue: row.venue_id === null ? null : { id: row.venue_id, name: row.venue ?? '', city: row.city ?? '' },
    artists,
    fromCents,
  };
}
