import { type Call, type Instance, plainRequest, type Stage } from '../harness/sdk/index.ts';

/** By the contract. Each has the 400 ids from `400 × place + 1` on. */
export const cities = ['Amsterdam', 'Berlin', 'Copenhagen', 'Dublin', 'Lisbon', 'Oslo', 'Paris', 'Vienna'];
export const eventsPerCity = 400;

export function listingPath(city: string): string {
  return `/events?city=${encodeURIComponent(city)}`;
}

/** An event of a city, by its place in the city's ids. */
export function eventId(city: string, n: number): number {
  return cities.indexOf(city) * eventsPerCity + 1 + (n % eventsPerCity);
}

/** What the app does all day: a price changes, and somebody lists the city. */
export function priceThenListing(n: number): Call[] {
  const city = cities[n % cities.length] as string;
  const cents = 1_500 + ((n * 7_919) % 240_000);
  return [
    { method: 'PUT', path: `/events/${eventId(city, n * 13)}/price`, body: { cents } },
    { path: listingPath(city) },
  ];
}

/** A price changes, of any event, and nobody lists it. */
export function priceOnly(n: number): Call[] {
  const id = 1 + ((n * 811) % (cities.length * eventsPerCity));
  return [{ method: 'PUT', path: `/events/${id}/price`, body: { cents: 1_000 + n } }];
}

/** Answers as the starter gives them. Our solution gives the same bytes in a tenth of the time; verify holds the starter against it. */
export class Reference {
  readonly #t: Stage;
  readonly #app: Instance;
  readonly #kept = new Map<string, string>();

  constructor(t: Stage, app: Instance) {
    this.#t = t;
    this.#app = app;
  }

  /** What it lists, asked once until a price changes. */
  async listing(city: string): Promise<string> {
    const kept = this.#kept.get(city) ?? (await this.#ask(listingPath(city)));
    this.#kept.set(city, kept);
    return kept;
  }

  /** What it answers to a change of price. */
  changePrice(path: string, cents: number): Promise<string> {
    this.#kept.clear();
    return this.#ask(path, { method: 'PUT', body: { cents } });
  }

  /** It is ours, so nobody is blamed when it does not answer. */
  async #ask(path: string, { method = 'GET', body }: Omit<Call, 'path'> = {}): Promise<string> {
    try {
      const { status, text } = await plainRequest(new URL(path, this.#app.url), { method, body, withinMs: 10_000 });
      if (status !== 200) throw new Error(`${method} ${path} gave ${status}`);
      return text;
    } catch (error) {
      return this.#t.inconclusive(`our solution, which the answers are compared with, did not do its part: ${error}`);
    }
  }
}
