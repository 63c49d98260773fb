import type { LruCache } from './lru-cache.ts';

export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  venue: string;
  /** "2027-03-14" */
  date: string;
  priceCents: number;
  seatsLeft: number;
}

export interface EventPage {
  /** Empty: of all cities. */
  city: string;
  page: number;
  pages: number;
  events: ShowEvent[];
}

export interface Offer {
  id: string;
  event: string;
  percentOff: number;
}

export type EventChange = Partial<Pick<ShowEvent, 'title' | 'city' | 'priceCents' | 'seatsLeft'>>;

/** The box office answered something other than 200, or nothing that can be used (status 0). */
export class SupplierError extends Error {
  readonly status: number;

  constructor(status: number, options?: ErrorOptions) {
    super(status ? `the box office answered ${status}` : 'the box office does not answer', options);
    this.status = status;
  }
}

const timeoutMs = 5_000;

/** The API of the box office, which owns all events. Reads are answered from the cache where possible. */
export class Supplier {
  readonly #url: string;
  readonly #cache: LruCache;

  constructor(url: string, cache: LruCache) {
    this.#url = url;
    this.#cache = cache;
  }

  events(city: string, page: number): Promise<EventPage> {
    const query = new URLSearchParams({ city, page: String(page) });
    return this.#cache.read(
      `list ${query}`,
      () => this.#ask<EventPage>('GET', `/events?${query}`),
      ({ events }) => events.map((event) => [`event ${event.id}`, event]),
    );
  }

  event(id: string): Promise<ShowEvent> {
    return this.#cache.read(`event ${id}`, () => this.#ask('GET', `/events/${encodeURIComponent(id)}`));
  }

  async change(id: string, change: EventChange): Promise<ShowEvent> {
    // Where only a price changes, the lists that show the event are wrong. Where the city does, all pages may shift.
    const isWrong = (key: string, json: string) =>
      key === `event ${id}` || (key.startsWith('list ') && (change.city !== undefined || shows(json, id)));
    let refused = false;
    try {
      return await this.#ask('PUT', `/events/${encodeURIComponent(id)}`, { body: JSON.stringify(change) });
    } catch (error) {
      refused = isRefusal(error);
      throw error;
    } finally {
      if (!refused) this.#cache.written(isWrong); // Also without an answer: the change may have been made.
    }
  }

  /** This customer's discounts, or null. The key is the whole token, because anybody can write the name in front of it. */
  offers(authorization: string): Promise<Offer[] | null> {
    return this.#cache.read(`offers ${authorization}`, () =>
      this.#ask('GET', '/offers', { headers: { authorization } }),
    );
  }

  async #ask<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(this.#url + path, { ...init, method, signal }).catch((cause) => {
      throw new SupplierError(0, { cause });
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SupplierError(response.status);
    }
    const answer: unknown = await response.json().catch((cause) => {
      throw new SupplierError(0, { cause });
    });
    // Not null in place of an event, and not {"error":"…"}. Only offers are a list, or null.
    const isRight = path === '/offers' ? answer === null || Array.isArray(answer) : isEventOrPage(answer);
    if (!isRight) throw new SupplierError(0);
    return answer as T;
  }
}

function isEventOrPage(value: unknown): boolean {
  const { id, events } = Object(value) as { id?: unknown; events?: unknown };
  return typeof id === 'string' || Array.isArray(events);
}

function shows(json: string, id: string): boolean {
  return (JSON.parse(json) as EventPage).events.some((event) => event.id === id);
}

function isRefusal(error: unknown): boolean {
  return error instanceof SupplierError && error.status >= 400 && error.status < 500;
}
