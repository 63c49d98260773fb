import NodeCache from 'node-cache';

/** Keeps promises, not values: whoever comes while the supplier is asked gets the same promise. */
export class Cache {
  readonly #promises: NodeCache;
  readonly #maxEntries: number;

  constructor({ ttlS, maxEntries }: { ttlS: number; maxEntries: number }) {
    this.#promises = new NodeCache({ stdTTL: ttlS, useClones: false });
    this.#maxEntries = maxEntries;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    let promise = this.#promises.get<Promise<T>>(key);
    if (!promise) {
      if (this.#promises.getStats().keys >= this.#maxEntries) this.#promises.flushAll();
      promise = ask();
      this.#promises.set(key, promise);
    }
    return structuredClone(await promise);
  }

  forget(isWrong: (key: string) => boolean): void {
    this.#promises.del(this.#promises.keys().filter(isWrong));
  }
}
