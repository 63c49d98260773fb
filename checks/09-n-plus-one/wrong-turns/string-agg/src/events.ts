import type { Pool, PoolClient } from 'pg';

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
  return ofOneMoment(db, async (client) => {
    const { rows } = await client.query<EventRow>(
      `${eventsAndVenues} WHERE $1::timestamptz IS NULL OR e.starts_at >= $1 ORDER BY e.starts_at, e.id LIMIT $2`,
      [from ?? null, limit],
    );
    return complete(client, rows);
  });
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [event] = await ofOneMoment(db, async (client) => {
    const { rows } = await client.query<EventRow>(`${eventsAndVenues} WHERE e.id = $1`, [id]);
    return complete(client, rows);
  });
  return event;
}

/** All statements see the same state of the tables, and none takes longer than two seconds. */
async function ofOneMoment<T>(db: Database, read: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await db.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SELECT set_config('statement_timeout', $1, true)`, ['2s']);
    const result = await read(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    client.release(true); // Closed, and whatever was open on it with it.
    throw error;
  }
}

async function complete(client: PoolClient, rows: EventRow[]): Promise<ListedEvent[]> {
  const ids = rows.map(({ id }) => id);
  const lineUps = await client.query<{ event_id: number; line_up: string }>({
    name: 'line-ups',
    text: `SELECT l.event_id, string_agg(a.id || ':' || a.name, ',' ORDER BY l.position) AS line_up
      FROM event_artists l JOIN artists a ON a.id = l.artist_id WHERE l.event_id = ANY ($1) GROUP BY l.event_id`,
    values: [ids],
  });
  const prices = await client.query<{ event_id: number; price_cents: number }>({
    name: 'prices',
    text: 'SELECT event_id, price_cents FROM prices WHERE event_id = ANY ($1)',
    values: [ids],
  });
  const artistsOf = Map.groupBy(lineUps.rows, (row) => row.event_id);
  const pricesOf = Map.groupBy(prices.rows, (row) => row.event_id);
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    startsAt: row.starts_at,
    venue: row.venue_id === null ? null : { id: row.venue_id, name: row.venue ?? '', city: row.city ?? '' },
    artists: (artistsOf.get(row.id)?.[0]?.line_up.split(',') ?? []).map((one) => {
      const [id, name] = one.split(':');
      return { id: Number(id), name: name ?? '' };
    }),
    fromCents: lowest((pricesOf.get(row.id) ?? []).map((price) => price.price_cents)),
  }));
}

function lowest(cents: number[]): number | null {
  return cents.length > 0 ? Math.min(...cents) : null;
}
