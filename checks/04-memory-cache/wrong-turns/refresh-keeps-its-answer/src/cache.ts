import NodeCache from 'node-cache';

export interface CacheOptions {
  /** How long an entry is answered from, in seconds. */
  ttlS: number;
  /** Beyond this, the oldest entries go. */
  maxEntries: number;
}

/** Keeps answers, asks once for what many read, and gives each reader a copy. */
export class Cache {
  readonly #entries: NodeCache;
  readonly #maxEntries: number;
  readonly #ttlS: number;
  /** Keys of entries that are being fetched anew while they are still answered from. */
  readonly #refreshing = new Set<string>();
  /** Calls under way, by key. Readers who come meanwhile wait for the same answer. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor({ ttlS, maxEntries }: CacheOptions) {
    this.#entries = new NodeCache({ stdTTL: ttlS }); // useClones is on by default: each reader gets a copy.
    this.#maxEntries = maxEntries;
    this.#ttlS = ttlS;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = this.#entries.get<T>(key);
    if (kept !== undefined) {
      if (this.#isNearItsEnd(key)) this.#refresh(key, ask);
      return kept; // null and 0 are answers, too.
    }
    const asked = (this.#underWay.get(key) ?? this.#ask(key, ask)) as Promise<T>;
    return structuredClone(await asked);
  }

  #isNearItsEnd(key: string): boolean {
    return (this.#entries.getTtl(key) ?? 0) - Date.now() < (this.#ttlS * 1_000) / 5;
  }

  #refresh(key: string, ask: () => Promise<unknown>): void {
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    ask()
      .then((answer) => this.#keep(key, answer))
      .catch(() => {}) // The entry lives on until its end.
      .finally(() => this.#refreshing.delete(key));
  }

  /** Drops entries that a write made wrong, and calls under way whose answer may be from before it. */
  forget(isWrong: (key: string) => boolean): void {
    this.#entries.del(this.#entries.keys().filter(isWrong));
    for (const key of this.#underWay.keys()) if (isWrong(key)) this.#underWay.delete(key);
  }

  #ask<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const asked: Promise<T> = ask().then(
      (answer) => {
        // Not if there has been a write meanwhile, or somebody else is asking by now.
        if (this.#endOf(key, asked)) this.#keep(key, answer);
        return answer;
      },
      (error) => {
        this.#endOf(key, asked); // The error is for those who wait, and for nobody after them.
        throw error;
      },
    );
    this.#underWay.set(key, asked);
    return asked;
  }

  /** @returns whether readers were still waiting for this answer, and not for a later one. */
  #endOf(key: string, asked: Promise<unknown>): boolean {
    return this.#underWay.get(key) === asked && this.#underWay.delete(key);
  }

  #keep(key: string, answer: unknown): void {
    // With maxKeys, node-cache throws when it is full. It never makes room.
    if (this.#entries.getStats().keys >= this.#maxEntries) {
      this.#entries.del(this.#entries.keys().slice(0, Math.ceil(this.#maxEntries / 10)));
    }
    this.#entries.set(key, answer);
  }
}
