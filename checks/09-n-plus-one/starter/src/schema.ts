import { customType, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const venues = pgTable('venues', {
  id: integer().primaryKey(),
  name: text().notNull(),
  city: text().notNull(),
});

export const artists = pgTable('artists', {
  id: integer().primaryKey(),
  name: text().notNull(),
});

export const events = pgTable('events', {
  id: integer().primaryKey(),
  title: text().notNull(),
  startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
  /** None until the venue is announced. */
  venueId: integer('venue_id').references(() => venues.id),
  /** A picture of about 30 KB, which the image service reads. */
  poster: bytea().notNull(),
});

export const eventArtists = pgTable(
  'event_artists',
  {
    eventId: integer('event_id')
      .notNull()
      .references(() => events.id),
    /** The headliner is 1. */
    position: integer().notNull(),
    artistId: integer('artist_id')
      .notNull()
      .references(() => artists.id),
  },
  (table) => [primaryKey({ columns: [table.eventId, table.position] })],
);

export const prices = pgTable('prices', {
  id: integer().primaryKey(),
  eventId: integer('event_id')
    .notNull()
    .references(() => events.id),
  area: text().notNull(),
  priceCents: integer('price_cents').notNull(),
});
