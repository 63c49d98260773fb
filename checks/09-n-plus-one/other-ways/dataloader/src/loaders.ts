import DataLoader from 'dataloader';
import type { Pool } from 'pg';

export interface Artist {
  id: number;
  name: string;
}

/** For one request: a loader remembers what it loaded, and the next request must see what is true then. */
export function createLoaders(db: Pool) {
  return {
    artistsOf: new DataLoader<number, Artist[]>(async (eventIds) => {
      const { rows } = await db.query<Artist & { event_id: number }>(
        `SELECT l.event_id, a.id, a.name FROM event_artists l JOIN artists a ON a.id = l.artist_id
         WHERE l.event_id = ANY ($1) ORDER BY l.event_id, l.position`,
        [eventIds],
      );
      const byEvent = Map.groupBy(rows, (row) => row.event_id);
      return eventIds.map((id) => (byEvent.get(id) ?? []).map((artist) => ({ id: artist.id, name: artist.name })));
    }),
    cheapestOf: new DataLoader<number, number | null>(async (eventIds) => {
      const { rows } = await db.query<{ event_id: number; cents: number }>(
        'SELECT event_id, min(price_cents) AS cents FROM prices WHERE event_id = ANY ($1) GROUP BY event_id',
        [eventIds],
      );
      const byEvent = new Map(rows.map(({ event_id, cents }) => [event_id, cents]));
      return eventIds.map((id) => byEvent.get(id) ?? null);
    }),
  };
}
