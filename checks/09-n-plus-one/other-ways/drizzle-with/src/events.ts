import { asc, eq, gte, type SQL } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type * as relations from './relations.ts';
import type * as tables from './schema.ts';
import { eventArtists, events, prices } from './schema.ts';

export type Database = NodePgDatabase<typeof tables & typeof relations>;

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
export function listEvents(
  db: Database,
  { from, limit }: { from: Date | undefined; limit: number },
): Promise<ListedEvent[]> {
  return read(db, from && gte(events.startsAt, from), limit);
}

export async function findEvent(db: Database, id: number): Promise<ListedEvent | undefined> {
  const [event] = await read(db, eq(events.id, id), 1);
  return event;
}

async function read(db: Database, where: SQL | undefined, limit: number): Promise<ListedEvent[]> {
  const rows = await db.query.events.findMany({
    columns: { id: true, title: true, startsAt: true },
    with: {
      venue: true,
      lineUp: { columns: {}, with: { artist: true }, orderBy: asc(eventArtists.position) },
      prices: { columns: { priceCents: true }, orderBy: asc(prices.priceCents), limit: 1 },
    },
    where,
    orderBy: [asc(events.startsAt), asc(events.id)],
    limit,
  });
  return rows.map(({ lineUp, prices: cheapest, ...event }) => ({
    ...event,
    artists: lineUp.map(({ artist }) => artist),
    fromCents: cheapest[0]?.priceCents ?? null,
  }));
}
