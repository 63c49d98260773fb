import NodeCache from 'node-cache';

/** Keeps what was read. */
export class Cache {
  readonly #entries: NodeCache;
  readonly #maxEntries: number;
  /** How many writes there have been: an answer from before the last one is not kept. */
  #writes = 0;

  constructor({ ttlS, maxEntries }: { ttlS: number; maxEntries: number }) {
    this.#entries = new NodeCache({ stdTTL: ttlS });
    this.#maxEntries = maxEntries;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = this.#entries.get<T>(key);
    if (kept !== undefined) return kept;
    const before = this.#writes;
    const answer = await ask();
    if (this.#entries.getStats().keys >= this.#maxEntries) this.#entries.flushAll();
    if (this.#writes === before) this.#entries.set(key, answer);
    return answer;
  }

  forget(isWrong: (key: string) => boolean): void {
    this.#writes++;
    this.#entries.del(this.#entries.keys().filter(isWrong));
  }
}
