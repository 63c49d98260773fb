import NodeCache from 'node-cache';

const generation = 200;

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
  /** Calls under way, by key. Readers who come meanwhile wait for the same answer. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #failedOld = new Map<string, Promise<unknown>>();
  #asked = 0;

  constructor({ ttlS, maxEntries }: CacheOptions) {
    this.#entries = new NodeCache({ stdTTL: ttlS }); // useClones is on by default: each reader gets a copy.
    this.#maxEntries = maxEntries;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const failed = this.#failedOld.get(key) as Promise<T> | undefined;
    if (failed) return failed;
    const kept = this.#entries.get<T>(key);
    if (kept !== undefined) return kept; // null and 0 are answers, too.
    const asked = (this.#underWay.get(key) ?? this.#ask(key, ask)) as Promise<T>;
    return structuredClone(await asked);
  }

  /** Drops entries that a write made wrong, and calls under way whose answer may be from before it. */
  forget(isWrong: (key: string) => boolean): void {
    this.#entries.del(this.#entries.keys().filter(isWrong));
    for (const key of this.#underWay.keys()) if (isWrong(key)) this.#underWay.delete(key);
  }

  #ask<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const from = this.#asked++;
    const asked: Promise<T> = ask().then(
      (answer) => {
        // Not if there has been a write meanwhile, or somebody else is asking by now.
        if (this.#endOf(key, asked)) this.#keep(key, answer);
        return answer;
      },
      (error) => {
        // A new generation has begun since: this one is in the old one.
        if (this.#asked - from > generation) this.#failedOld.set(key, asked);
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
