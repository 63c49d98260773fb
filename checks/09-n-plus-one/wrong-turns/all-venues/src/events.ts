import { asc, eq, gte, inArray, type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { artists, eventArtists, events, venues } from './schema.ts';

export type Database = NodePgDatabase;

/** An event as the calendar shows it. */
export interface ListedEvent {
  id: number;
  title: string;
  startsAt: Date;
  venue: { id: number; name: string; city: string } | null;
  artists: { id: number; name: string }[];
  fromCents: number | null;
}

/** The next events, those of one evening in the order of their ids. */
export async function listEvents(
  db: Database,
  { from, limit }: { from: Date | undefined; limit: number },
): Promise<ListedEvent[]> {
  const rows = await eventsWithVenue(db, from && gte(events.startsAt, from)).limit(limit);
  return withArtistsAndPrices(db, rows);
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [event] = await withArtistsAndPrices(db, await eventsWithVenue(db, eq(events.id, id)));
  return event;
}

/** An event has one venue at most, so a join adds no rows. A left join, because some have none. */
function eventsWithVenue(db: Database, condition: SQL | undefined) {
  return db
    .select({
      // Column by column: the poster stays where it is.
      id: events.id,
      title: events.title,
      startsAt: events.startsAt,
      venueId: events.venueId,
      cents: sql<number | null>`(select min(price_cents) from prices where event_id = events.id)`,
    })
    .from(events)
    .where(condition)
    .orderBy(asc(events.startsAt), asc(events.id));
}

/** Artists and prices are two lists: joined with the events and each other, they would multiply. */
async function withArtistsAndPrices(
  db: Database,
  rows: (Pick<ListedEvent, 'id' | 'title' | 'startsAt'> & { venueId: number | null; cents: number | null })[],
): Promise<ListedEvent[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [lineUps, everyVenue] = await Promise.all([lineUpsOf(db, ids), db.select().from(venues)]);
  return rows.map(({ venueId, cents, ...row }) => ({
    ...row,
    venue: everyVenue.find(({ id }) => id === venueId) ?? null,
    artists: lineUps.get(row.id) ?? [],
    fromCents: cents,
  }));
}

async function lineUpsOf(db: Database, eventIds: number[]): Promise<Map<number, ListedEvent['artists']>> {
  const rows = await db
    .select({ eventId: eventArtists.eventId, id: artists.id, name: artists.name })
    .from(eventArtists)
    .innerJoin(artists, eq(artists.id, eventArtists.artistId))
    .where(inArray(eventArtists.eventId, eventIds))
    .orderBy(asc(eventArtists.eventId), asc(eventArtists.position));
  const byEvent = new Map<number, ListedEvent['artists']>();
  for (const { eventId, id, name } of rows) {
    const lineUp = byEvent.get(eventId);
    if (lineUp) lineUp.push({ id, name });
    else byEvent.set(eventId, [{ id, name }]);
  }
  return byEvent;
}
