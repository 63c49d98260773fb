import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisConnection } from './redis-connection.ts';

const claimMs = 900;
const renewEveryMs = 300;
const lookEveryMs = 40;

/** Sets KEYS[1] to ARGV[2] for ARGV[3] ms, or deletes it without those, if it is ARGV[1] now. */
const replace = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) else redis.call('DEL', KEYS[1]) end return 1`;

/** A key holds what the supplier said, or the claim of somebody who asks it. */
export class Cache {
  readonly #redis: RedisConnection;
  readonly #ttlMs: number;
  readonly #pending = new Map<string, Promise<unknown>>();

  constructor(redis: RedisConnection, ttlS: number) {
    this.#redis = redis;
    this.#ttlMs = ttlS * 1_000;
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    for (let lap = 0; lap < 4; lap++) {
      const claim = JSON.stringify({ claim: randomBytes(9).toString('base64url') });
      // One round trip: what is there, or nothing and the claim is ours.
      const text = await this.#redis.send('SET', key, claim, 'NX', 'GET', 'PX', claimMs).catch(() => undefined);
      if (text === undefined) return ask();
      const found = typeof text === 'string' ? parse(text) : undefined;
      if (found && 'value' in found) return found.value as T;
      if (typeof text === 'string' && !found?.claim) {
        await this.#replace(key, text).catch(() => {}); // No JSON, or not ours.
        continue;
      }
      let pending = this.#pending.get(key);
      if (text === null) pending = this.#keepPending(key, this.#fill(key, claim, ask));
      else pending ??= this.#keepPending(key, this.#untilFree(key));
      const done = (await pending) as { value: T } | undefined;
      if (done) return done.value;
    }
    return ask();
  }

  async forget(key: string): Promise<void> {
    await this.#redis.send('DEL', key).catch(() => console.error(`${key} may be old: Redis is away`));
  }

  #keepPending(key: string, begun: Promise<unknown>): Promise<unknown> {
    const pending = begun.finally(() => this.#pending.get(key) === pending && this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  /** @returns undefined when the claim was deleted by a write, or taken over. */
  async #fill<T>(key: string, claim: string, ask: () => Promise<T>): Promise<{ value: T } | undefined> {
    const timer = setInterval(() => this.#replace(key, claim, claim, claimMs).catch(() => {}), renewEveryMs);
    try {
      const answer = { value: await ask() };
      const ttlMs = Math.round(this.#ttlMs * (0.75 + Math.random() / 4));
      const kept = await this.#replace(key, claim, JSON.stringify(answer), ttlMs).catch(() => 1);
      return kept === 1 ? answer : undefined;
    } catch (error) {
      await this.#replace(key, claim).catch(() => {});
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Looks until there is a value, or nobody who asks. The caller then looks for itself. */
  async #untilFree(key: string): Promise<undefined> {
    for (;;) {
      await delay(lookEveryMs);
      const text = await this.#redis.send('GET', key).catch(() => null);
      if (typeof text !== 'string' || !parse(text)?.claim) return undefined;
    }
  }

  #replace(key: string, now: string, then?: string, ttlMs?: number) {
    return this.#redis.send('EVAL', replace, 1, key, now, ...(then ? [then, ttlMs ?? 0] : []));
  }
}

function parse(text: string): { value?: unknown; claim?: string } | undefined {
  try {
    const parsed = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
