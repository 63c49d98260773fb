import NodeCache from 'node-cache';

/** Keeps what was read, for so many seconds. */
export class Cache {
  readonly #entries: NodeCache;

  constructor({ ttlS }: { ttlS: number }) {
    this.#entries = new NodeCache({ stdTTL: ttlS });
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = this.#entries.get<T>(key);
    if (kept !== undefined) return kept; // null is an answer, too.
    const answer = await ask();
    this.#entries.set(key, answer);
    return answer;
  }

  /** For a write that made it wrong. */
  forget(key: string): void {
    this.#entries.del(key);
  }
}
