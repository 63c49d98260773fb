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
  const rows = await shownEvents(db, from && gte(events.startsAt, from)).limit(limit);
  return withArtistsAndPrices(db, rows);
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [event] = await withArtistsAndPrices(db, await shownEvents(db, eq(events.id, id)));
  return event;
}

let venuesById: Promise<Map<number, NonNullable<ListedEvent['venue']>>> | undefined;

/** There are 25 of them, and they don't move. */
async function allVenues(db: Database) {
  const rows = await db.select().from(venues);
  return new Map(rows.map((venue) => [venue.id, venue]));
}

function shownEvents(db: Database, condition: SQL | undefined) {
  return db
    .select({
      // Column by column: the poster stays where it is.
      id: events.id,
      title: events.title,
      startsAt: events.startsAt,
      venueId: events.venueId,
    })
    .from(events)
    .where(condition)
    .orderBy(asc(events.startsAt), asc(events.id));
}

/** Artists and prices are two lists: joined with the events and each other, they would multiply. */
async function withArtistsAndPrices(
  db: Database,
  rows: { id: number; title: string; startsAt: Date; venueId: number | null }[],
): Promise<ListedEvent[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  venuesById ??= allVenues(db);
  const [venueOf, lineUps, cheapest] = await Promise.all([venuesById, lineUpsOf(db, ids), cheapestOf(db, ids)]);
  return rows.map(({ venueId, ...row }) => ({
    ...row,
    venue: venueId === null ? null : (venueOf.get(venueId) ?? null),
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
