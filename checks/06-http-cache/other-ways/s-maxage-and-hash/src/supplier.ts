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

export interface Versioned {
  version: string;
  /** Not with HEAD. */
  value: unknown;
}

const timeoutMs = 5_000;

/** The API of the box office, which owns all events. */
export class Supplier {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  head(path: string): Promise<Versioned> {
    return this.#ask('HEAD', path);
  }

  get(path: string): Promise<Versioned> {
    return this.#ask('GET', path);
  }

  /** This customer's discounts, or null. */
  async offers(token: string): Promise<Offer[] | null> {
    const { value } = await this.#ask('GET', '/offers', { authorization: `Bearer ${token}` });
    return value as Offer[] | null;
  }

  async #ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Versioned> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(this.#url + path, { method, headers, signal }).catch((cause) => {
      throw new SupplierError(0, { cause });
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SupplierError(response.status);
    }
    const version = response.headers.get('x-version') ?? '';
    return { version, value: method === 'HEAD' ? undefined : await jsonOf(response) };
  }
}

/** What breaks off, or is no JSON, is no answer. */
async function jsonOf(response: Response): Promise<unknown> {
  return response.json().catch((cause) => {
    throw new SupplierError(0, { cause });
  });
}
