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
  const rows = await eventsWithArtists(db, from && gte(events.startsAt, from)).limit(limit);
  return withPrices(db, rows);
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [event] = await withPrices(db, await eventsWithArtists(db, eq(events.id, id)));
  return event;
}

/** An event with its venue, once for each of its artists. */
function eventsWithArtists(db: Database, condition: SQL | undefined) {
  return db
    .select({
      id: events.id,
      title: events.title,
      startsAt: events.startsAt,
      venue: { id: venues.id, name: venues.name, city: venues.city },
      artist: { id: artists.id, name: artists.name },
    })
    .from(events)
    .leftJoin(venues, eq(venues.id, events.venueId))
    .leftJoin(eventArtists, eq(eventArtists.eventId, events.id))
    .leftJoin(artists, eq(artists.id, eventArtists.artistId))
    .where(condition)
    .orderBy(asc(events.startsAt), asc(events.id), asc(eventArtists.position));
}

async function withPrices(
  db: Database,
  rows: (Omit<ListedEvent, 'artists' | 'fromCents'> & { artist: ListedEvent['artists'][0] | null })[],
): Promise<ListedEvent[]> {
  const byId = new Map<number, ListedEvent>();
  for (const { artist, ...row } of rows) {
    const event = byId.get(row.id) ?? { ...row, artists: [], fromCents: null };
    byId.set(row.id, event);
    if (artist) event.artists.push(artist);
  }
  const cheapest = await db
    .select({ eventId: prices.eventId, cents: min(prices.priceCents) })
    .from(prices)
    .where(inArray(prices.eventId, [...byId.keys()]))
    .groupBy(prices.eventId);
  for (const { eventId, cents } of cheapest) {
    const event = byId.get(eventId);
    if (event) event.fromCents = cents;
  }
  return [...byId.values()];
}
