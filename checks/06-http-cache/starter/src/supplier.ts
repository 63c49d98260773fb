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

/** The box office answered something other than 200, or nothing (status 0). */
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
    return this.#ask(`/events?${new URLSearchParams({ city, page: String(page) })}`);
  }

  event(id: string): Promise<ShowEvent> {
    return this.#ask(`/events/${encodeURIComponent(id)}`);
  }

  /** This customer's discounts, or null. */
  offers(token: string): Promise<Offer[] | null> {
    return this.#ask('/offers', { authorization: `Bearer ${token}` });
  }

  async #ask<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(this.#url + path, { headers, signal }).catch((cause) => {
      throw new SupplierError(0, { cause });
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SupplierError(response.status);
    }
    return (await jsonOf(response)) as T;
  }
}

/** An answer that breaks off, or is no JSON, is none. */
async function jsonOf(response: Response): Promise<unknown> {
  return response.json().catch((cause) => {
    throw new SupplierError(0, { cause });
  });
}
