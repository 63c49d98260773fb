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

/** A value and its version, which changes exactly when the value does. Without a version there can be no ETag. */
export interface Versioned<T> {
  version: string | undefined;
  value: T;
}

const timeoutMs = 5_000;

/** The API of the box office, which owns all events. */
export class Supplier {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  events(city: string, page: number): Promise<Versioned<EventPage>> {
    return this.#read(pagePath(city, page));
  }

  event(id: string): Promise<Versioned<ShowEvent>> {
    return this.#read(eventPath(id));
  }

  /** Without the value, in a tenth of the time. */
  async eventsVersion(city: string, page: number): Promise<string | undefined> {
    return versionIn(await this.#ask('HEAD', pagePath(city, page)));
  }

  async eventVersion(id: string): Promise<string | undefined> {
    return versionIn(await this.#ask('HEAD', eventPath(id)));
  }

  /** This customer's discounts, or null. */
  async offers(token: string): Promise<Offer[] | null> {
    const response = await this.#ask('GET', '/offers', { authorization: `Bearer ${token}` });
    return (await jsonOf(response)) as Offer[] | null;
  }

  /** The version comes with the value. Asked for separately, it could be the version of another value. */
  async #read<T>(path: string): Promise<Versioned<T>> {
    const response = await this.#ask('GET', path);
    return { version: versionIn(response), value: (await jsonOf(response)) as T };
  }

  async #ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(this.#url + path, { method, headers, signal }).catch((cause) => {
      throw new SupplierError(0, { cause });
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SupplierError(response.status);
    }
    return response;
  }
}

/** An answer that breaks off, or is no JSON, is none. */
async function jsonOf(response: Response): Promise<unknown> {
  return response.json().catch((cause) => {
    throw new SupplierError(0, { cause });
  });
}

function pagePath(city: string, page: number): string {
  return `/events?${new URLSearchParams({ city, page: String(page) })}`;
}

function eventPath(id: string): string {
  return `/events/${encodeURIComponent(id)}`;
}

function versionIn(response: Response): string | undefined {
  return response.headers.get('x-version') ?? undefined;
}
