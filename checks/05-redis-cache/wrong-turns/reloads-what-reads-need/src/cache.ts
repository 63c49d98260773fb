import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { NoAnswerError } from './no-answer-error.ts';
import { commitIfLeased, deleteIfEqual, getOrLease, renewIfLeased } from './scripts.ts';

/** An answer is under way while its lease lives. Its owner renews the lease; when the owner dies, it expires. */
const leaseMs = 1_000;
const renewEveryMs = 300;
const pollEveryMs = 50;
/** Longer than the supplier's time-out. Then an owner stops renewing its lease, and a reader stops waiting. */
const patienceMs = 6_000;
/** How often a write may spoil the answer that a reader waits for, before that reader asks without the cache. */
const maxAttempts = 4;
/** Entries that are written together live for 80 to 100 % of the time to live. */
const jitter = 0.2;

/** One cache for all instances, in Redis. Of all readers who miss the same key, one asks and the others wait. */
export class Cache {
  readonly #redis: Redis;
  readonly #ttlMs: number;
  /** What this process waits for, by key: the JSON, or undefined if the answer must not be used. */
  readonly #underWay = new Map<string, Promise<string | undefined>>();

  readonly #hashes = new Map<string, Promise<string>>();

  constructor(redis: Redis, { ttlS }: { ttlS: number }) {
    this.#redis = redis;
    this.#ttlMs = ttlS * 1_000;
  }

  /** @throws {NoAnswerError} and whatever `ask` throws. */
  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const askForText = async () => JSON.stringify(await ask());
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const token = randomUUID();
      // Every reader asks Redis itself, so that nobody gets what another reader found before a write.
      const found = await this.#getOrLease(key, token);
      let text: string | undefined;
      if (found === 'away') text = await this.#join(`without redis ${key}`, askForText);
      else if (found === 'leased') text = await this.#share(key, this.#compute(key, token, askForText));
      else if (found === 'busy') text = await this.#join(key, () => this.#wait(key));
      else text = found.text;
      if (text === undefined) continue; // Look again.
      const parsed = parse<T>(text);
      if (parsed) return parsed.value; // Parsed for each reader, so that no two share an object.
      await this.#quietly(this.#run(deleteIfEqual, 1, nameOf(key), text));
    }
    return ask();
  }

  /** Drops the entry and the lease on it, so that an answer from before a write is not kept. */
  async forget(key: string): Promise<void> {
    this.#underWay.delete(`without redis ${key}`);
    const dropped = await this.#quietly(this.#redis.unlink(nameOf(key), leaseOf(key)));
    if (dropped === undefined) console.error(`redis was away: ${key} may be old for ${this.#ttlMs / 1_000} s`);
  }

  /** In one round trip: the entry, or the lease to ask for it, or neither because another reader has the lease. */
  async #getOrLease(key: string, token: string): Promise<{ text: string } | 'leased' | 'busy' | 'away'> {
    const found = await this.#quietly(this.#runAnyway(getOrLease, 2, nameOf(key), leaseOf(key), token, leaseMs));
    if (found === undefined) return 'away';
    if (typeof found === 'string') return { text: found };
    return found === 1 ? 'leased' : 'busy';
  }

  /** @returns undefined if the lease was lost meanwhile: to a write, or to a reader that took over. */
  async #compute(key: string, token: string, ask: () => Promise<string>): Promise<string | undefined> {
    const renewUntil = performance.now() + patienceMs;
    const renewal = setInterval(() => {
      if (performance.now() > renewUntil) return clearInterval(renewal);
      this.#quietly(this.#run(renewIfLeased, 1, leaseOf(key), token, leaseMs));
    }, renewEveryMs);
    try {
      const text = await ask();
      const ttlMs = Math.ceil(this.#ttlMs * (1 - jitter * Math.random()));
      const kept = await this.#quietly(
        this.#runAnyway(commitIfLeased, 2, nameOf(key), leaseOf(key), token, text, ttlMs),
      );
      return kept === 0 ? undefined : text; // If Redis went away, nobody knows, and it is still an answer.
    } catch (error) {
      await this.#quietly(this.#run(deleteIfEqual, 1, leaseOf(key), token));
      throw error; // For all readers who wait here. Nothing is kept, and the next reader asks again.
    } finally {
      clearInterval(renewal);
    }
  }

  /** @returns undefined when there is no lease and no entry, so that one of the readers who wait can take the lease. */
  async #wait(key: string): Promise<string | undefined> {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; ) {
      await delay(pollEveryMs);
      const [text, lease] = (await this.#quietly(this.#redis.mget(nameOf(key), leaseOf(key)))) ?? [];
      if (text) return text;
      if (!lease) return undefined;
    }
    throw new NoAnswerError(`no answer for ${key} within ${patienceMs / 1_000} s`);
  }

  /** Waits for what is under way in this process, or starts it. */
  #join(name: string, begin: () => Promise<string | undefined>): Promise<string | undefined> {
    return this.#underWay.get(name) ?? this.#share(name, begin());
  }

  #share(name: string, begun: Promise<string | undefined>): Promise<string | undefined> {
    const shared = begun.finally(() => {
      if (this.#underWay.get(name) === shared) this.#underWay.delete(name);
    });
    this.#underWay.set(name, shared);
    return shared;
  }

  /** Loaded once. Then its hash stands for the script. */
  async #run(script: string, keys: number, ...words: (string | number)[]): Promise<unknown> {
    let hash = this.#hashes.get(script);
    if (!hash) {
      hash = this.#redis.script('LOAD', script) as Promise<string>;
      this.#hashes.set(script, hash);
      hash.catch(() => this.#hashes.delete(script)); // Redis was away.
    }
    return this.#redis.evalsha(await hash, keys, ...words);
  }

  /** Redis may have restarted since the script was loaded. Then it is sent once more. */
  async #runAnyway(script: string, keys: number, ...words: (string | number)[]): Promise<unknown> {
    return this.#run(script, keys, ...words).catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error;
      return this.#redis.eval(script, keys, ...words);
    });
  }

  /** A command that fails is a miss. */
  async #quietly<T>(command: Promise<T>): Promise<T | undefined> {
    return command.catch(() => undefined);
  }
}

/** The braces keep an entry and its lease on one node of a Redis Cluster. */
const nameOf = (key: string) => `encore:{${key}}`;
const leaseOf = (key: string) => `${nameOf(key)}:lease`;

/** Wrapped, because null is a value. Undefined if it is not JSON: something else has written into Redis. */
function parse<T>(text: string): { value: T } | undefined {
  try {
    return { value: JSON.parse(text) as T };
  } catch {
    return undefined;
  }
}
