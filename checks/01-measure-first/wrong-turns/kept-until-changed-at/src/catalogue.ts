export interface ShowEvent {
  id: number;
  title: string;
  city: string;
  venueId: number;
  /** "2027-03-14T20:00:00.000Z" */
  startsAt: string;
  /** In euro cents. */
  cents: number;
  /** When its price was changed last. */
  updatedAt: number;
}

export interface Catalogue {
  events(): readonly ShowEvent[];
  /** @returns the event as it is now, or undefined if there is none of this id. */
  setPrice(id: number, cents: number): ShowEvent | undefined;
}

const cities = ['Amsterdam', 'Berlin', 'Copenhagen', 'Dublin', 'Lisbon', 'Oslo', 'Paris', 'Vienna'];
const artists = ['The Night Trams', 'Ada & the Loops', 'Kilo Tango', 'Marble Fields', 'Saltwater', 'Grace Notes'];
const occasions = ['Live', 'Acoustic', 'The Farewell Tour', 'Open Air', 'Unplugged', 'New Year', 'Club Night'];
const eventsPerCity = 400;
const firstNight = Date.UTC(2027, 0, 8, 20);
const dayMs = 86_400_000;

/** The catalogue as the box office delivered it this morning. */
export function createCatalogue(): Catalogue {
  const all = cities.flatMap((city, c) =>
    Array.from({ length: eventsPerCity }, (_, n): ShowEvent => {
      const id = c * eventsPerCity + n + 1;
      return {
        id,
        title: `${artists[(id * 7) % artists.length]}: ${occasions[(id * 11) % occasions.length]}`,
        city,
        venueId: (id * 5) % 12,
        startsAt: new Date(firstNight + ((id * 37) % 300) * dayMs).toISOString(),
        cents: 1_500 + ((id * 7_919) % 240_000),
        updatedAt: 0,
      };
    }),
  );
  const byId = new Map(all.map((event) => [event.id, event]));
  return {
    events: () => all,
    setPrice(id, cents) {
      const event = byId.get(id);
      if (event) Object.assign(event, { cents, updatedAt: Date.now() });
      return event;
    },
  };
}
