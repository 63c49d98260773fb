export interface ShowEvent {
  id: string;
  title: string;
  city: string;
  priceCents: number;
  seatsLeft: number;
}

export interface Offer {
  event: string;
  percentOff: number;
}

export interface SupplierOptions {
  url: string;
  timeoutMs: number;
}

/** The box office gave no answer that can be used. With a status if that is why. */
export class SupplierError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** The API of the box office. */
export class Supplier {
  readonly #options: SupplierOptions;

  constructor(options: SupplierOptions) {
    this.#options = options;
  }

  events(city: string): Promise<{ events: ShowEvent[] }> {
    return this.#ask('events', 'GET', `/events?${new URLSearchParams({ city })}`);
  }

  event(id: string): Promise<ShowEvent> {
    return this.#ask('event', 'GET', `/events/${encodeURIComponent(id)}`);
  }

  stats(): Promise<{ seatsLeft: number }> {
    return this.#ask('stats', 'GET', '/stats');
  }

  /** What is offered to a customer; null for nothing. */
  offers(authorization: string): Promise<Offer[] | null> {
    return this.#ask('offers', 'GET', '/offers', { authorization });
  }

  /** The box office wants to know of every order. */
  audit(order: object): Promise<unknown> {
    return this.#ask('audit', 'POST', '/audit', {}, JSON.stringify(order));
  }

  async #ask<T>(
    operation: string,
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<T> {
    const { url, timeoutMs } = this.#options;
    try {
      const response = await fetch(url + path, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok)
        throw new SupplierError(`the box office answered ${operation} with ${response.status}`, response.status);
      return (await response.json()) as T;
    } catch (error) {
      if (error instanceof SupplierError) throw error;
      const late = error instanceof Error && error.name === 'TimeoutError';
      throw new SupplierError(`the box office ${late ? 'is too slow' : 'gave no answer'} for ${operation}`);
    }
  }
}
