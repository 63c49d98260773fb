/** An event as the box office knows it. */
export interface BoxOfficeEvent {
  id: string;
  title: string;
  city: string;
  venue: string;
  /** "2027-03-14" */
  date: string;
  priceCents: number;
  seatsLeft: number;
  /** Goes up by one with every change. */
  version: number;
}

/** What an event may be changed in. */
export type EventChange = Partial<Omit<BoxOfficeEvent, 'id' | 'version'>>;

export const cities = ['berlin', 'oslo', 'lisbon', 'vienna', 'dublin', 'prague', 'madrid', 'athens', 'riga', 'turin'];
const titles = ['Opening Night', 'Winter Songs', 'The Tempest', 'Late Show', 'Brass and Strings', 'Second Thoughts'];
const venues = ['Old Mill', 'Harbour Hall', 'Grand Theatre', 'Cellar Stage'];
const eventsInAll = 400;
const pageSize = 10;

/** Whom the box office makes offers to. A customer without an offer gets null. */
const offersByToken: Record<string, { id: string; event: string; percentOff: number }[] | null> = {
  'ada.9f31c7': [
    { id: 'a-1', event: '12', percentOff: 20 },
    { id: 'a-2', event: '45', percentOff: 15 },
  ],
  'grace.40d2be': [{ id: 'g-1', event: '7', percentOff: 30 }],
  'linus.c81a55': null,
};

/** The data of the supplier: the same at every start, so that a check can be repeated. */
export class BoxOffice {
  readonly #events = new Map<string, BoxOfficeEvent>();

  constructor() {
    for (let n = 1; n <= eventsInAll; n++) {
      const city = cities[(n - 1) % cities.length] ?? '';
      this.#events.set(String(n), {
        id: String(n),
        title: `${titles[n % titles.length]} ${n}`,
        city,
        venue: venues[n % venues.length] ?? '',
        date: `2027-${String(1 + (n % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`,
        priceCents: 1_500 + ((n * 370) % 6_000),
        seatsLeft: (n * 53) % 900,
        version: 1,
      });
    }
  }

  /** A page of the events of a city, or of all; empty where there are none. */
  page(city: string, page: number) {
    const all = [...this.#events.values()].filter((event) => city === '' || event.city === city);
    const events = all.slice((page - 1) * pageSize, page * pageSize);
    return { city, page, pages: Math.ceil(all.length / pageSize), events };
  }

  event(id: string): BoxOfficeEvent | undefined {
    return this.#events.get(id);
  }

  /** @returns the event as it is now, or undefined if there is none. */
  change(id: string, change: EventChange): BoxOfficeEvent | undefined {
    const event = this.#events.get(id);
    if (!event) return undefined;
    const changed = { ...event, ...change, id, version: event.version + 1 };
    this.#events.set(id, changed);
    return changed;
  }

  /** The customer's offers, null if there are none, undefined if nobody has this token. */
  offers(authorization: string | undefined) {
    return offersByToken[authorization?.replace(/^Bearer /, '') ?? ''];
  }

  stats() {
    const events = [...this.#events.values()];
    const seatsLeft = events.reduce((sum, event) => sum + event.seatsLeft, 0);
    return { events: events.length, seatsLeft, soldOut: events.filter((event) => event.seatsLeft === 0).length };
  }
}
