import type { Catalogue, ShowEvent } from './catalogue.ts';
import { type Prices, tagsOf } from './prices.ts';
import { venues } from './venues.ts';

/** An event as the shop window shows it. */
export interface Listing {
  id: number;
  title: string;
  venue: string;
  startsAt: string;
  prices: Prices;
}

/** The events of a city, the next one first. */
export function listEvents(catalogue: Catalogue, city: string): Listing[] {
  const found = cityEvents(catalogue, city);
  const copies = copyEvents(found);
  sortByDate(copies);
  return copies.map(listingOf);
}

export function listingOf(event: ShowEvent): Listing {
  const { id, title, startsAt } = event;
  return { id, title, venue: venueName(event), startsAt, prices: tagsOf(event) };
}

function cityEvents(catalogue: Catalogue, city: string): ShowEvent[] {
  return catalogue.events().filter((event) => event.city === city);
}

// Nobody may sort or change the catalogue itself.
function copyEvents(events: ShowEvent[]): ShowEvent[] {
  return structuredClone(events);
}

function sortByDate(events: ShowEvent[]): void {
  events.sort((a, b) => a.startsAt.localeCompare(b.startsAt) || a.id - b.id);
}

// Looks through all venues for each event.
function venueName(event: ShowEvent): string {
  for (const venue of venues) if (venue.id === event.venueId) return venue.name;
  return 'to be announced';
}
