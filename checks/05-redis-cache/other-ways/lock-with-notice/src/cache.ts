import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Notices } from './notices.ts';
import { SupplierError } from './supplier.ts';

interface Entry {
  version: string;
  value: unknown;
}

const lockMs = 1_000;
const patienceMs = 300;
/** Longer than the supplier may take. */
const maxRounds = 20;

/** One cache for all instances. A write changes the version, and entries of another version are not there. */
export class Cache {
  readonly #redis: Redis;
  readonly #notices: Notices;
  readonly #ttlS: number;

  constructor(redis: Redis, notices: Notices, { ttlS }: { ttlS: number }) {
    this.#redis = redis;
    this.#notices = notices;
    this.#ttlS = ttlS;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    for (let round = 0; round < maxRounds; round++) {
      const noticed = this.#notices.next(key, patienceMs); // Before looking, so that none slips between.
      const state = await this.#look(key);
      if (!state) return ask();
      if (state.entry) return state.entry.value as T;
      if (!state.locked) {
        const token = randomUUID();
        const taken = await this.#redis.set(`shop:lock:${key}`, token, 'PX', lockMs, 'NX').catch(() => 'OK');
        if (taken === 'OK') {
          // Between the look and the lock, another reader may have filled the entry and released the lock.
          const now = await this.#look(key);
          if (now?.entry) {
            await this.#free(key, token);
            return now.entry.value as T;
          }
          return this.#fill(key, now?.version ?? state.version, token, ask);
        }
      }
      const notice = await noticed;
      if (notice?.failed) throw new SupplierError(0);
    }
    throw new SupplierError(0);
  }

  async forget(key: string): Promise<void> {
    await this.#redis
      .multi()
      .set(`shop:version:${key}`, randomUUID(), 'EX', this.#ttlS)
      .unlink(`shop:lock:${key}`, `shop:entry:${key}`)
      .exec()
      .catch(() => {});
    await this.#notices.publish({ key });
  }

  async #look(key: string): Promise<{ version: string; entry?: Entry | undefined; locked: boolean } | undefined> {
    const names = [`shop:version:${key}`, `shop:entry:${key}`, `shop:lock:${key}`];
    const found = await this.#redis.mget(names).catch(() => undefined);
    if (!found) return undefined;
    const [version, text, lock] = found;
    const entry = parse(text ?? '');
    if (!version) {
      // A version never comes back: what was asked for under an earlier one is worth nothing for ever.
      await this.#redis.set(`shop:version:${key}`, randomUUID(), 'EX', this.#ttlS, 'NX').catch(() => {});
      const created = await this.#redis.get(`shop:version:${key}`).catch(() => null);
      return created ? { version: created, locked: Boolean(lock) } : undefined;
    }
    return { version, locked: Boolean(lock), entry: entry?.version === version ? entry : undefined };
  }

  async #fill<T>(key: string, version: string, token: string, ask: () => Promise<T>): Promise<T> {
    try {
      const value = await ask();
      const ttlMs = Math.round(this.#ttlS * 1_000 * (0.7 + 0.3 * Math.random()));
      const entry = JSON.stringify({ version, value } satisfies Entry);
      await this.#redis
        .multi()
        .set(`shop:entry:${key}`, entry, 'PX', ttlMs)
        .expire(`shop:version:${key}`, this.#ttlS) // Or it would end before the entry, which is worth nothing then.
        .exec()
        .catch(() => {});
      await this.#free(key, token);
      await this.#notices.publish({ key });
      return value;
    } catch (error) {
      if (await this.#free(key, token)) await this.#notices.publish({ key, failed: true });
      throw error;
    }
  }

  /** @returns whether the lock was still ours. One command, so that it is not another one's by the time it is deleted. */
  async #free(key: string, token: string): Promise<boolean> {
    const script = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0";
    return (await this.#redis.eval(script, 1, `shop:lock:${key}`, token).catch(() => 0)) === 1;
  }
}

function parse(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}
