import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import NodeCache from 'node-cache';
import { commitIfLeased, deleteIfEqual, getOrLease, renewIfLeased } from './scripts.ts';

/** An answer is under way as long as its lease lives. Whoever computes renews it; when that one dies, it ends. */
const leaseMs = 1_000;
const renewEveryMs = 300;
const pollEveryMs = 50;
/** How often a write may spoil the answer that a reader waits for, before that one asks without the cache. */
const maxAttempts = 4;
/** Of the time to live: entries written together live for 80 to 100 % of it. */
const jitter = 0.2;
const channel = 'encore:dropped';

/** One cache for all instances, in Redis. Of all who miss the same key, one asks and the others wait. */
export class Cache {
  readonly #redis: Redis;
  readonly #ttlMs: number;
  readonly #near = new NodeCache({ stdTTL: 1 });
  /** What this process waits for, by key: the JSON, or undefined when it came to nothing. */
  readonly #underWay = new Map<string, Promise<string | undefined>>();

  constructor(redis: Redis, { ttlS }: { ttlS: number }) {
    this.#redis = redis;
    this.#ttlMs = ttlS * 1_000;
    const listener = redis.duplicate();
    listener.on('error', () => {});
    listener.on('ready', () => listener.subscribe(channel).catch(() => {}));
    listener.on('message', (_channel, key) => this.#near.del(key));
    redis.once('end', () => listener.disconnect());
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const near = this.#near.get<T>(key);
    if (near !== undefined) return near;
    const askForText = async () => JSON.stringify(await ask());
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const token = randomUUID();
      // Every reader asks Redis itself, so that nobody is given what another one read before a write.
      const found = await this.#getOrLease(key, token);
      let text: string | undefined;
      if (found === 'away') text = await this.#join(`without redis ${key}`, askForText);
      else if (found === 'leased') text = await this.#share(key, this.#compute(key, token, askForText));
      else if (found === 'busy') text = await this.#join(key, () => this.#wait(key));
      else text = found.text;
      if (text === undefined) continue;
      const parsed = parse<T>(text);
      if (parsed) this.#near.set(key, parsed.value);
      if (parsed) return parsed.value; // Parsed for each reader: nobody gets an object that another one changes.
      await this.#quietly(this.#redis.eval(deleteIfEqual, 1, nameOf(key), text));
    }
    return ask();
  }

  /** Drops the entry, and the lease of whoever is computing it: an answer from before a write is not kept. */
  async forget(key: string): Promise<void> {
    this.#near.del(key);
    this.#underWay.delete(`without redis ${key}`);
    const dropped = await this.#quietly(this.#redis.unlink(nameOf(key), leaseOf(key)));
    await this.#quietly(this.#redis.publish(channel, key));
    if (dropped === undefined) console.error(`redis was away: ${key} may be old for ${this.#ttlMs / 1_000} s`);
  }

  /** One round trip: the entry, or the right to compute it, or neither because somebody else does. */
  async #getOrLease(key: string, token: string): Promise<{ text: string } | 'leased' | 'busy' | 'away'> {
    const found = await this.#quietly(this.#redis.eval(getOrLease, 2, nameOf(key), leaseOf(key), token, leaseMs));
    if (found === undefined) return 'away';
    if (typeof found === 'string') return { text: found };
    return found === 1 ? 'leased' : 'busy';
  }

  /** @returns undefined when the lease was lost meanwhile: to a write, or to somebody who took over. */
  async #compute(key: string, token: string, ask: () => Promise<string>): Promise<string | undefined> {
    const renewal = setInterval(() => {
      this.#quietly(this.#redis.eval(renewIfLeased, 1, leaseOf(key), token, leaseMs));
    }, renewEveryMs);
    try {
      const text = await ask();
      const ttlMs = Math.ceil(this.#ttlMs * (1 - jitter * Math.random()));
      const kept = await this.#quietly(
        this.#redis.eval(commitIfLeased, 2, nameOf(key), leaseOf(key), token, text, ttlMs),
      );
      return kept === 0 ? undefined : text; // Not known, because Redis went away: it is still an answer.
    } catch (error) {
      await this.#quietly(this.#redis.eval(deleteIfEqual, 1, leaseOf(key), token));
      throw error; // For all who wait here. Nothing is kept, and the next one asks again.
    } finally {
      clearInterval(renewal);
    }
  }

  /** @returns undefined when nobody computes any more and nothing is there: then one of those who wait does it. */
  async #wait(key: string): Promise<string | undefined> {
    for (;;) {
      await delay(pollEveryMs);
      const [text, lease] = (await this.#quietly(this.#redis.mget(nameOf(key), leaseOf(key)))) ?? [];
      if (text) return text;
      if (!lease) return undefined;
    }
  }

  /** Waits for what is under way in this process, or begins it. */
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

  /** A cache that fails is a cache that is empty. */
  async #quietly<T>(command: Promise<T>): Promise<T | undefined> {
    return command.catch(() => undefined);
  }
}

/** The braces keep an entry and its lease on one node of a Redis Cluster. */
const nameOf = (key: string) => `encore:{${key}}`;
const leaseOf = (key: string) => `${nameOf(key)}:lease`;

/** Wrapped, because null is a value. Undefined: somebody has written nonsense into Redis. */
function parse<T>(text: string): { value: T } | undefined {
  try {
    return { value: JSON.parse(text) as T };
  } catch {
    return undefined;
  }
}
