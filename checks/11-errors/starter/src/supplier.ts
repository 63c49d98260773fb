export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  priceCents: number;
  seatsLeft: number;
}

interface EventPage {
  pages: number;
  events: ShowEvent[];
}

interface SupplierRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
}

/** The box office answered something other than 200. It carries the request, so that a log shows what was asked. */
export class SupplierError extends Error {
  readonly status: number;
  readonly request: SupplierRequest;

  constructor(status: number, request: SupplierRequest) {
    super(`${request.method} ${request.url} answered ${status}`);
    this.status = status;
    this.request = request;
  }
}

export interface SupplierOptions {
  url: string;
  token: string;
  timeoutMs: number;
}

/** The API of the box office, which owns all events. */
export class Supplier {
  readonly #options: SupplierOptions;

  constructor(options: SupplierOptions) {
    this.#options = options;
  }

  event(id: string): Promise<ShowEvent> {
    return this.#ask('GET', `/events/${encodeURIComponent(id)}`);
  }

  events(city: string, page: number): Promise<EventPage> {
    return this.#ask('GET', `/events?${new URLSearchParams({ city, page: String(page) })}`);
  }

  stats(): Promise<{ seatsLeft: number }> {
    return this.#ask('GET', '/stats');
  }

  /** The box office wants to know of every order. */
  audit(order: object): Promise<unknown> {
    return this.#ask('POST', '/audit', JSON.stringify(order));
  }

  async #ask<T>(method: string, path: string, body?: string): Promise<T> {
    const { url, token, timeoutMs } = this.#options;
    const request = { method, url: url + path, headers: { authorization: `Bearer ${token}` } };
    const response = await fetch(request.url, { ...request, body, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new SupplierError(response.status, request);
    return (await response.json()) as T;
  }
}
