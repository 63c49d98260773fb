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

export interface Stats {
  events: number;
  seatsLeft: number;
  soldOut: number;
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

  /** Counted over all events. The box office takes longest for this. */
  stats(): Promise<Stats> {
    return this.#cache.read('stats', () => this.#ask('GET', '/stats', isStats));
  }

  /** The event, or null if there is none, which is worth keeping, too. */
  event(id: string): Promise<ShowEvent | null> {
    return this.#cache.read(`event ${id}`, () => this.#askForEvent('GET', id));
  }

  async change(id: string, change: EventChange): Promise<ShowEvent | null> {
    try {
      return await this.#askForEvent('PUT', id, JSON.stringify(change));
    } finally {
      // Also after an error: a write that got no answer may have been made.
      this.#cache.forget(`event ${id}`);
    }
  }

  async #askForEvent(method: string, id: string, body?: string): Promise<ShowEvent | null> {
    try {
      return await this.#ask(method, `/events/${encodeURIComponent(id)}`, isEvent, body ? { body } : {});
    } catch (error) {
      if (error instanceof SupplierError && error.status === 404) return null;
      throw error;
    }
  }

  async #ask<T>(
    method: string,
    path: string,
    isRight: (answer: unknown) => answer is T,
    init: RequestInit = {},
  ): Promise<T> {
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
    // Not null, which would be kept as “no such event”, and not {"error":"…"}.
    if (!isRight(answer)) throw new SupplierError(0);
    return answer;
  }
}

function isEvent(answer: unknown): answer is ShowEvent {
  return typeof (answer as ShowEvent | null)?.id === 'string';
}

function isStats(answer: unknown): answer is Stats {
  return typeof (answer as Stats | null)?.events === 'number';
}
