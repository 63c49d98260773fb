import { readFileSync } from 'node:fs';

export interface Event {
  id: string;
  /** How many can be sold. */
  seats: number;
  /** The lowest price of a ticket. */
  fromCents: number;
}

/** Reads the events of the tour. An app without its events must not start. */
export function readEvents(file: string | URL): Map<string, Event> {
  const events = JSON.parse(readFileSync(file, 'utf8')) as Event[];
  return new Map(events.map((event) => [event.id, event]));
}
