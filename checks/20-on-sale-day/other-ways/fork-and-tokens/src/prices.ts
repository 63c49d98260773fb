import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { commitIfLeased, getOrLease } from './scripts.ts';

/** The box office refused, gave no answer that can be used, or none in time. */
export class SupplierError extends Error {}

/** From the question on. A price may be two seconds old, and some of them are spent on the way. */
const keepMs = 1_500;
const timeoutMs = 700;
/** Longer than the time-out, so that it expires only when its owner has died or got no price. */
const leaseMs = 1_000;
const pollEveryMs = 25;
/** How long a reader waits for the answer of another process, before it asks no more. */
const patienceMs = 1_000;

/** What a ticket costs. The box office decides that. Of all processes that miss a price, one asks and the others wait. */
export class Prices {
  readonly #url: string;
  readonly #redis: Redis;
  /** A copy of what is in Redis, for as long as that lives. By event, so it has no more entries than the programme. */
  readonly #kept = new Map<number, { cents: number; until: number }>();
  readonly #underWay = new Map<number, Promise<number>>();

  constructor(url: string, redis: Redis) {
    this.#url = url;
    this.#redis = redis;
  }

  /** @throws {SupplierError} */
  async of(event: number): Promise<number> {
    const kept = this.#kept.get(event);
    if (kept && performance.now() < kept.until) return kept.cents;
    const underWay = this.#underWay.get(event) ?? this.#find(event).finally(() => this.#underWay.delete(event));
    this.#underWay.set(event, underWay);
    return underWay;
  }

  async #find(event: number): Promise<number> {
    const token = randomUUID();
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; ) {
      const found = await this.#inRedis(getOrLease, [priceOf(event), leaseOf(event)], [token, leaseMs]);
      if (found === undefined) return this.#ask(event); // Redis is away.
      const [state, cents, livesMs] = found as ['found' | 'leased' | 'busy', string?, number?];
      if (state === 'found') return this.#keep(event, Number(cents), performance.now() + Number(livesMs));
      if (state === 'leased') return this.#askAndShare(event, token);
      await delay(pollEveryMs);
    }
    throw new SupplierError(`no other process has got the price of ${event}`);
  }

  async #askAndShare(event: number, token: string): Promise<number> {
    // If it fails, the lease stays until its time is over: nobody asks a box office in trouble more than once a second.
    const cents = await this.#ask(event);
    const livesMs = Math.ceil((this.#kept.get(event)?.until ?? 0) - performance.now());
    if (livesMs > 0)
      await this.#inRedis(commitIfLeased, [priceOf(event), leaseOf(event)], [token, String(cents), livesMs]);
    return cents;
  }

  async #ask(event: number): Promise<number> {
    const until = performance.now() + keepMs;
    const url = `${this.#url}/events/${event}`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      const { priceCents } = (await response.json()) as { priceCents?: unknown };
      if (!response.ok || typeof priceCents !== 'number') throw new Error(`it answered ${response.status}`);
      return this.#keep(event, priceCents, until);
    } catch (cause) {
      throw new SupplierError(`no price of ${event} from the box office: ${cause}`, { cause });
    }
  }

  #keep(event: number, cents: number, until: number): number {
    this.#kept.set(event, { cents, until });
    return cents;
  }

  /** A command that fails is a miss. */
  async #inRedis(script: string, keys: string[], args: (string | number)[]): Promise<unknown> {
    return this.#redis.eval(script, keys.length, ...keys, ...args).catch(() => undefined);
  }
}

/** The braces keep a price and its lease on one node of a Redis Cluster. */
const priceOf = (event: number) => `price:{${event}}`;
const leaseOf = (event: number) => `${priceOf(event)}:lease`;
