import { isEvent, isPage, isStats } from './answers.ts';

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

/** The API of the box office, which owns all events. */
export class Supplier {
  readonly #options: SupplierOptions;
  /** The request that we are asked for. */
  requestId: string | undefined;

  constructor(options: SupplierOptions) {
    this.#options = options;
  }

  event(id: string): Promise<ShowEvent> {
    return this.#ask('GET', `/events/${encodeURIComponent(id)}`, { isRight: isEvent });
  }

  events(city: string, page: number): Promise<EventPage> {
    return this.#ask('GET', `/events?${new URLSearchParams({ city, page: String(page) })}`, { isRight: isPage });
  }

  stats(): Promise<{ seatsLeft: number }> {
    return this.#ask('GET', '/stats', { isRight: isStats });
  }

  /** The box office wants to know of every order. */
  audit(order: object): Promise<unknown> {
    return this.#ask('POST', '/audit', { body: JSON.stringify(order) });
  }

  async #ask<T>(method: string, path: string, { body, isRight = () => true }: Call = {}): Promise<T> {
    const { url, token, timeoutMs } = this.#options;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(this.requestId === undefined ? {} : { 'x-request-id': this.requestId }),
    };
    try {
      const response = await fetch(url + path, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
      if (response.ok) {
        const answer: unknown = await response.json();
        if (isRight(answer)) return answer as T;
        throw new SupplierError(`${method} ${path} answered something else`);
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
  body?: string;
  /** Whether that is an answer to this call. */
  isRight?: (answer: unknown) => boolean;
}
