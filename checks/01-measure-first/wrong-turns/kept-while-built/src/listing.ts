import type { Catalogue, ShowEvent } from './catalogue.ts';
import { type Prices, priceTags } from './prices.ts';
import { venues } from './venues.ts';

/** An event as the shop window shows it. */
export interface Listing {
  id: number;
  title: string;
  venue: string;
  startsAt: string;
  prices: Prices;
}

export function listingOf(event: ShowEvent): Listing {
  const { id, title, startsAt } = event;
  return { id, title, venue: venueName(event), startsAt, prices: priceTags(event.cents) };
}

/** The next one first. */
export function cityEvents(catalogue: Catalogue, city: string): readonly ShowEvent[] {
  return copyEvents(catalogue.events().filter((event) => event.city === city)).sort(byDate);
}

// Nobody may sort or change the catalogue itself.
function copyEvents(events: ShowEvent[]): ShowEvent[] {
  return structuredClone(events);
}

function byDate(a: ShowEvent, b: ShowEvent): number {
  return a.startsAt.localeCompare(b.startsAt) || a.id - b.id;
}

// Looks through all venues for each event.
function venueName(event: ShowEvent): string {
  for (const venue of venues) if (venue.id === event.venueId) return venue.name;
  return 'to be announced';
}
