import type { Cache } from './cache.ts';

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
  readonly #cache: Cache;

  constructor(url: string, cache: Cache) {
    this.#url = url;
    this.#cache = cache;
  }

  events(city: string, page: number): Promise<EventPage> {
    const query = new URLSearchParams({ city, page: String(page) });
    return this.#cache.read(`list ${query}`, () => this.#ask('GET', `/events?${query}`));
  }

  event(id: string): Promise<ShowEvent> {
    return this.#cache.read(`event ${id}`, () => this.#ask('GET', `/events/${encodeURIComponent(id)}`));
  }

  async change(id: string, change: EventChange): Promise<ShowEvent> {
    // Every list: one of them may have shown the event before the change, and another one may show it now.
    const forget = () => this.#cache.forget((key) => key === `event ${id}` || key.startsWith('list '));
    try {
      const changed = await this.#ask<ShowEvent>('PUT', `/events/${encodeURIComponent(id)}`, {
        body: JSON.stringify(change),
      });
      forget();
      return changed;
    } catch (error) {
      // A write that got no answer may have been made. One that was refused was not, and must not empty the cache.
      if (!isRefusal(error)) forget();
      throw error;
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

function isRefusal(error: unknown): boolean {
  return error instanceof SupplierError && error.status >= 400 && error.status < 500;
}
