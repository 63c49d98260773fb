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

/** The API of the box office, which owns all events. */
export class Supplier {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  events(city: string, page: number): Promise<EventPage> {
    return this.#ask('GET', `/events?${new URLSearchParams({ city, page: String(page) })}`);
  }

  event(id: string): Promise<ShowEvent> {
    return this.#ask('GET', `/events/${encodeURIComponent(id)}`);
  }

  change(id: string, change: EventChange): Promise<ShowEvent> {
    return this.#ask('PUT', `/events/${encodeURIComponent(id)}`, { body: JSON.stringify(change) });
  }

  /** This customer's discounts, or null. */
  offers(authorization: string): Promise<Offer[] | null> {
    return this.#ask('GET', '/offers', { headers: { authorization } });
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
