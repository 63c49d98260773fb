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

  /** The last write. It never rejects: who waits for it only wants to know its end. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor({ ttlS, maxEntries }: CacheOptions) {
    this.#entries = new NodeCache({ stdTTL: ttlS }); // useClones, which is on: what a handler adds stays with it.
    this.#maxEntries = maxEntries;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    await this.#lastWrite;
    const kept = this.#entries.get<T>(key);
    if (kept !== undefined) return kept; // null and 0 are answers, too.
    const asked = (this.#underWay.get(key) ?? this.#ask(key, ask)) as Promise<T>;
    return structuredClone(await asked);
  }

  /** Writes one after the other, when no read is under way, and drops the entries that a write made wrong. */
  write<T>(
    put: () => Promise<T>,
    {
      makesWrong,
      changesNothing,
    }: { makesWrong: (key: string) => boolean; changesNothing: (error: unknown) => boolean },
  ): Promise<T> {
    const drop = () => this.#entries.del(this.#entries.keys().filter(makesWrong));
    const written = this.#lastWrite
      .then(() => Promise.allSettled(this.#underWay.values()))
      .then(put)
      .then(
        (answer) => {
          drop();
          return answer;
        },
        (error) => {
          if (!changesNothing(error)) drop(); // Without an answer, the change may have been made.
          throw error;
        },
      );
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  #ask<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const asked = ask()
      .then((answer) => {
        this.#keep(key, answer);
        return answer;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  #keep(key: string, answer: unknown): void {
    // With maxKeys, node-cache throws when it is full. It never makes room.
    if (this.#entries.getStats().keys >= this.#maxEntries) {
      this.#entries.del(this.#entries.keys().slice(0, Math.ceil(this.#maxEntries / 10)));
    }
    this.#entries.set(key, answer);
  }
}
