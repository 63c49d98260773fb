import type { Pool } from 'pg';

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

const wholeEvents = `
  SELECT e.id, e.title, e.starts_at AS "startsAt",
    (SELECT json_build_object('id', v.id, 'name', v.name, 'city', v.city)
      FROM venues v WHERE v.id = e.venue_id) AS venue,
    (SELECT coalesce(json_agg(json_build_object('id', a.id, 'name', a.name) ORDER BY l.position), '[]')
      FROM event_artists l JOIN artists a ON a.id = l.artist_id WHERE l.event_id = e.id) AS artists,
    (SELECT min(p.price_cents) FROM prices p WHERE p.event_id = e.id) AS "fromCents"
  FROM events e`;

/** The next events, those of one evening in the order of their ids. */
export async function listEvents(
  db: Database,
  { from, limit }: { from: Date | undefined; limit: number },
): Promise<ListedEvent[]> {
  const { rows } = await db.query<ListedEvent>(
    `${wholeEvents} WHERE $1::timestamptz IS NULL OR e.starts_at >= $1 ORDER BY e.starts_at, e.id LIMIT $2`,
    [from ?? null, limit],
  );
  return rows;
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const { rows } = await db.query<ListedEvent>(`${wholeEvents} WHERE e.id = $1`, [id]);
  return rows[0];
}
