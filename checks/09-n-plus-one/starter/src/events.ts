import { asc, eq, gte, min } from 'drizzle-orm';
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
  const rows = await db
    .select()
    .from(events)
    .where(from && gte(events.startsAt, from))
    .orderBy(asc(events.startsAt), asc(events.id))
    .limit(limit);
  const list: ListedEvent[] = [];
  for (const row of rows) list.push(await withEverything(db, row));
  return list;
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [row] = await db.select().from(events).where(eq(events.id, id));
  return row && withEverything(db, row);
}

async function withEverything(db: Database, event: typeof events.$inferSelect): Promise<ListedEvent> {
  return {
    id: event.id,
    title: event.title,
    startsAt: event.startsAt,
    venue: await venueOf(db, event.venueId),
    artists: await artistsOf(db, event.id),
    fromCents: await cheapestOf(db, event.id),
  };
}

async function venueOf(db: Database, venueId: number | null): Promise<ListedEvent['venue']> {
  if (venueId === null) return null;
  const [venue] = await db.select().from(venues).where(eq(venues.id, venueId));
  return venue ?? null;
}

async function artistsOf(db: Database, eventId: number): Promise<ListedEvent['artists']> {
  return db
    .select({ id: artists.id, name: artists.name })
    .from(eventArtists)
    .innerJoin(artists, eq(artists.id, eventArtists.artistId))
    .where(eq(eventArtists.eventId, eventId))
    .orderBy(asc(eventArtists.position));
}

async function cheapestOf(db: Database, eventId: number): Promise<number | null> {
  const [cheapest] = await db
    .select({ cents: min(prices.priceCents) })
    .from(prices)
    .where(eq(prices.eventId, eventId));
  return cheapest?.cents ?? null;
}
