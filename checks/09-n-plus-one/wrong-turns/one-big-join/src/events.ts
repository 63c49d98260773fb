import { asc, eq, gte, inArray, type SQL } from 'drizzle-orm';
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
  const page = db
    .select({ id: events.id })
    .from(events)
    .where(from && gte(events.startsAt, from))
    .orderBy(asc(events.startsAt), asc(events.id))
    .limit(limit);
  return everythingAbout(db, inArray(events.id, page));
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [event] = await everythingAbout(db, eq(events.id, id));
  return event;
}

/** One statement joins all five tables; what comes more than once is left out here. */
async function everythingAbout(db: Database, condition: SQL): Promise<ListedEvent[]> {
  const rows = await db
    .select({
      id: events.id,
      title: events.title,
      startsAt: events.startsAt,
      venue: { id: venues.id, name: venues.name, city: venues.city },
      position: eventArtists.position,
      artist: { id: artists.id, name: artists.name },
      cents: prices.priceCents,
    })
    .from(events)
    .leftJoin(venues, eq(venues.id, events.venueId))
    .leftJoin(eventArtists, eq(eventArtists.eventId, events.id))
    .leftJoin(artists, eq(artists.id, eventArtists.artistId))
    .leftJoin(prices, eq(prices.eventId, events.id))
    .where(condition)
    .orderBy(asc(events.startsAt), asc(events.id), asc(eventArtists.position));
  const byId = new Map<number, ListedEvent>();
  const places = new Set<string>();
  for (const { position, artist, cents, ...row } of rows) {
    const event = byId.get(row.id) ?? { ...row, artists: [], fromCents: null };
    byId.set(row.id, event);
    const place = `${row.id} ${position}`;
    if (artist && !places.has(place)) event.artists.push(artist);
    places.add(place);
    if (cents !== null) event.fromCents = Math.min(cents, event.fromCents ?? cents);
  }
  return [...byId.values()];
}
