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

/**
 * The box office refused (its status), or gave no answer that can be used (status 0). It holds nothing of the request
 * that is secret: an error ends up in a log.
 */
export class SupplierError extends Error {
  readonly status: number;
  readonly retryAfter: string | null;

  constructor(what: string, { status = 0, retryAfter = null, cause }: SupplierErrorOptions = {}) {
    super(what, { cause });
    this.name = 'SupplierError';
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

interface SupplierErrorOptions {
  status?: number;
  retryAfter?: string | null;
  cause?: unknown;
}

export interface SupplierOptions {
  url: string;
  token: string;
  timeoutMs: number;
}

/** The API of the box office, which owns all events. Each call says for which request it is made. */
export class Supplier {
  readonly #options: SupplierOptions;

  constructor(options: SupplierOptions) {
    this.#options = options;
  }

  event(id: string, requestId: string): Promise<ShowEvent> {
    return this.#ask('GET', `/events/${encodeURIComponent(id)}`, { requestId });
  }

  events(city: string, page: number, requestId: string): Promise<EventPage> {
    return this.#ask('GET', `/events?${new URLSearchParams({ city, page: String(page) })}`, { requestId });
  }

  /** For nobody in particular, so without an id. */
  stats(): Promise<{ seatsLeft: number }> {
    return this.#ask('GET', '/stats');
  }

  /** The box office wants to know of every order. */
  audit(order: object, requestId: string): Promise<unknown> {
    return this.#ask('POST', '/audit', { requestId, body: JSON.stringify(order) });
  }

  async #ask<T>(method: string, path: string, { requestId, body }: Call = {}): Promise<T> {
    const { url, token, timeoutMs } = this.#options;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    };
    try {
      const response = await fetch(url + path, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
      if (response.ok) {
        return (await response.json()) as T;
      }
      await response.body?.cancel();
      const { status } = response;
      const retryAfter = response.headers.get('retry-after');
      throw new SupplierError(`${method} ${path} answered ${status}`, { status, retryAfter });
    } catch (cause) {
      if (cause instanceof SupplierError) throw cause;
      throw new SupplierError(`${method} ${path} got no answer that can be used`, { cause });
    }
  }
}

interface Call {
  requestId?: string;
  body?: string;
}
