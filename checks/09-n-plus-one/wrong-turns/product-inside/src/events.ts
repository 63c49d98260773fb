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
    CASE WHEN v.id IS NULL THEN NULL ELSE json_build_object('id', v.id, 'name', v.name, 'city', v.city) END AS venue,
    coalesce(jsonb_agg(DISTINCT jsonb_build_array(l.position, a.id, a.name)) FILTER (WHERE a.id IS NOT NULL), '[]') AS artists,
    min(p.price_cents) AS "fromCents"
  FROM events e
    LEFT JOIN venues v ON v.id = e.venue_id
    LEFT JOIN event_artists l ON l.event_id = e.id
    LEFT JOIN artists a ON a.id = l.artist_id
    LEFT JOIN prices p ON p.event_id = e.id`;

/** The next events, those of one evening in the order of their ids. */
export async function listEvents(
  db: Database,
  { from, limit }: { from: Date | undefined; limit: number },
): Promise<ListedEvent[]> {
  const { rows } = await db.query<Row>(
    `${wholeEvents} WHERE $1::timestamptz IS NULL OR e.starts_at >= $1 GROUP BY e.id, v.id ORDER BY e.starts_at, e.id LIMIT $2`,
    [from ?? null, limit],
  );
  return rows.map(shown);
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const { rows } = await db.query<Row>(`${wholeEvents} WHERE e.id = $1 GROUP BY e.id, v.id`, [id]);
  return rows[0] && shown(rows[0]);
}

type Row = Omit<ListedEvent, 'artists'> & { artists: [position: number, id: number, name: string][] };

function shown(row: Row): ListedEvent {
  return { ...row, artists: row.artists.map(([, id, name]) => ({ id, name })) };
}
