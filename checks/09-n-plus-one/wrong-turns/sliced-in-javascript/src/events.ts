import { asc, eq, gte, inArray, min, type SQL } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { artists, eventArtists, events, prices, venues } from './schema.ts';

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
  const rows = await eventsWithVenue(db, from && gte(events.startsAt, from));
  return withArtistsAndPrices(db, rows.slice(0, limit));
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
      venue: { id: venues.id, name: venues.name, city: venues.city },
    })
    .from(events)
    .leftJoin(venues, eq(venues.id, events.venueId))
    .where(condition)
    .orderBy(asc(events.startsAt), asc(events.id));
}

/** Artists and prices are two lists: joined with the events and each other, they would multiply. */
async function withArtistsAndPrices(
  db: Database,
  rows: Omit<ListedEvent, 'artists' | 'fromCents'>[],
): Promise<ListedEvent[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [lineUps, cheapest] = await Promise.all([lineUpsOf(db, ids), cheapestOf(db, ids)]);
  return rows.map((row) => ({
    ...row,
    artists: lineUps.get(row.id) ?? [],
    fromCents: cheapest.get(row.id) ?? null,
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

async function cheapestOf(db: Database, eventIds: number[]): Promise<Map<number, number | null>> {
  const rows = await db
    .select({ eventId: prices.eventId, cents: min(prices.priceCents) })
    .from(prices)
    .where(inArray(prices.eventId, eventIds))
    .groupBy(prices.eventId);
  return new Map(rows.map(({ eventId, cents }) => [eventId, cents]));
}
