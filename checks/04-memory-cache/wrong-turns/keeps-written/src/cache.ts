import NodeCache from 'node-cache';

export interface CacheOptions {
  /** How long an entry is answered from, in seconds. */
  ttlS: number;
  /** When there are more, the oldest go. */
  maxEntries: number;
}

/** Keeps what was read, asks once for what is read by many, and hands out a copy to each. */
export class Cache {
  readonly #entries: NodeCache;
  readonly #maxEntries: number;
  /** What is being asked for, by key: whoever comes meanwhile waits for the same answer. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor({ ttlS, maxEntries }: CacheOptions) {
    this.#entries = new NodeCache({ stdTTL: ttlS, useClones: false }); // Readers get a copy below: one is enough.
    this.#maxEntries = maxEntries;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = this.#entries.get<T>(key);
    if (kept !== undefined) return structuredClone(kept); // null and 0 are answers, too.
    const asked = (this.#underWay.get(key) ?? this.#ask(key, ask)) as Promise<T>;
    return structuredClone(await asked);
  }

  /** Entries that a write made wrong, and answers under way that may have been made before it. */
  forget(isWrong: (key: string) => boolean): void {
    this.#entries.del(this.#entries.keys().filter(isWrong));
    for (const key of this.#underWay.keys()) if (isWrong(key)) this.#underWay.delete(key);
  }

  #ask<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const asked: Promise<T> = ask().then(
      (answer) => {
        // Not if a write has come between, or somebody else asks by now.
        if (this.#endOf(key, asked)) this.keep(key, answer);
        return answer;
      },
      (error) => {
        this.#endOf(key, asked); // Errors are told to those who wait, and to nobody after them.
        throw error;
      },
    );
    this.#underWay.set(key, asked);
    return asked;
  }

  /** @returns whether this was still the answer that everybody waits for. */
  #endOf(key: string, asked: Promise<unknown>): boolean {
    return this.#underWay.get(key) === asked && this.#underWay.delete(key);
  }

  keep(key: string, answer: unknown): void {
    // With maxKeys, node-cache throws when it is full. It never makes room.
    if (this.#entries.getStats().keys >= this.#maxEntries) {
      this.#entries.del(this.#entries.keys().slice(0, Math.ceil(this.#maxEntries / 10)));
    }
    this.#entries.set(key, answer);
  }
}
