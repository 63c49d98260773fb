import { isEvent, isPage, isStats } from './answers.ts';
import { NotFound, Unavailable } from './errors.ts';

export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  priceCents: number;
  seatsLeft: number;
}

export interface SupplierOptions {
  url: string;
  token: string;
  timeoutMs: number;
}

export class Supplier {
  readonly #options: SupplierOptions;
  readonly #requestId: string | undefined;

  constructor(options: SupplierOptions, requestId?: string) {
    this.#options = options;
    this.#requestId = requestId;
  }

  /** The same, for one request. */
  for(requestId: string): Supplier {
    return new Supplier(this.#options, requestId);
  }

  event(id: string): Promise<ShowEvent> {
    return this.#ask('GET', `/events/${encodeURIComponent(id)}`, isEvent);
  }

  async *eventsOf(city: string): AsyncGenerator<ShowEvent> {
    for (let page = 1, pages = 1; page <= pages; page++) {
      const query = new URLSearchParams({ city, page: String(page) });
      const listing = await this.#ask<{ pages: number; events: ShowEvent[] }>('GET', `/events?${query}`, isPage);
      pages = listing.pages;
      yield* listing.events;
    }
  }

  stats(): Promise<{ seatsLeft: number }> {
    return this.#ask('GET', '/stats', isStats);
  }

  audit(order: object): Promise<unknown> {
    return this.#ask('POST', '/audit', () => true, JSON.stringify(order));
  }

  async #ask<T>(method: string, path: string, isRight: (answer: unknown) => boolean, body?: string): Promise<T> {
    const { url, token, timeoutMs } = this.#options;
    const headers = new Headers({ authorization: `Bearer ${token}` });
    if (this.#requestId) headers.set('x-request-id', this.#requestId);
    const response = await fetch(url + path, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) }).catch(
      (cause) => {
        throw new Unavailable(`${method} ${path}: no answer`, null, { cause });
      },
    );
    if (response.status === 404 && path.startsWith('/events/')) throw new NotFound('no such event');
    if (!response.ok)
      throw new Unavailable(`${method} ${path}: ${response.status}`, response.headers.get('retry-after'));
    const answer: unknown = await response.json().catch((cause) => {
      throw new Unavailable(`${method} ${path}: half an answer, or no JSON`, null, { cause });
    });
    if (!isRight(answer)) throw new Unavailable(`${method} ${path}: something else`, null);
    return answer as T;
  }
}
