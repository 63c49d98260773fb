import { relations } from 'drizzle-orm';
import { artists, eventArtists, events, prices, venues } from './schema.ts';

export const eventRelations = relations(events, ({ one, many }) => ({
  venue: one(venues, { fields: [events.venueId], references: [venues.id] }),
  lineUp: many(eventArtists),
  prices: many(prices),
}));

export const lineUpRelations = relations(eventArtists, ({ one }) => ({
  event: one(events, { fields: [eventArtists.eventId], references: [events.id] }),
  artist: one(artists, { fields: [eventArtists.artistId], references: [artists.id] }),
}));

export const priceRelations = relations(prices, ({ one }) => ({
  event: one(events, { fields: [prices.eventId], references: [events.id] }),
}));
