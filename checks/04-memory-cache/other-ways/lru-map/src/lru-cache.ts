interface Entry {
  json: string;
  /** Milliseconds since the epoch. Reading does not move it. */
  expires: number;
}

/** Keeps the JSON of what was read last. */
export class LruCache {
  /** The one that was not read for the longest time is first. */
  readonly #entries = new Map<string, Entry>();
  readonly #flights = new Map<string, Promise<string>>();
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  #writes = 0;

  constructor({ ttlMs, maxEntries }: { ttlMs: number; maxEntries: number }) {
    this.#ttlMs = ttlMs;
    this.#maxEntries = maxEntries;
  }

  /** @param parts what else the answer tells, by key: kept, too, unless something has been written meanwhile. */
  async read<T>(key: string, ask: () => Promise<T>, parts?: (value: T) => [string, unknown][]): Promise<T> {
    const json = this.#kept(key) ?? (await this.#flight(key, ask, parts));
    return JSON.parse(json) as T;
  }

  /** Something has been written: drops what it made wrong. */
  written(isWrong: (key: string, json: string) => boolean): void {
    this.#writes++;
    for (const [key, { json }] of this.#entries) if (isWrong(key, json)) this.#entries.delete(key);
  }

  #kept(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expires <= Date.now()) return undefined;
    this.#entries.set(key, entry);
    return entry.json;
  }

  #flight<T>(key: string, ask: () => Promise<T>, parts?: (value: T) => [string, unknown][]): Promise<string> {
    const writes = this.#writes;
    // Whoever asks after a write does not wait for an answer from before it.
    const flightKey = `${writes} ${key}`;
    let flight = this.#flights.get(flightKey);
    if (!flight) {
      flight = ask()
        .then((value) => {
          const json = JSON.stringify(value);
          if (writes === this.#writes) {
            for (const [name, part] of parts?.(value) ?? []) this.#keep(name, JSON.stringify(part));
            this.#keep(key, json);
          }
          return json;
        })
        .finally(() => this.#flights.delete(flightKey));
      this.#flights.set(flightKey, flight);
    }
    return flight;
  }

  #keep(key: string, json: string): void {
    this.#entries.set(key, { json, expires: Date.now() + this.#ttlMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(oldest);
    }
  }
}
