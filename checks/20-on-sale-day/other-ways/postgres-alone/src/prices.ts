import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

/** The box office refused, gave no answer that can be used, or none in time. */
export class SupplierError extends Error {}

const keepMs = 1_500;
const timeoutMs = 700;
const leaseMs = 1_000;
const pollEveryMs = 30;
const patienceMs = 1_000;

/** What a ticket costs. The box office decides that. One process asks, and leaves the price in PostgreSQL for the others. */
export class Prices {
  readonly #url: string;
  readonly #pool: Pool;
  readonly #kept = new Map<number, { cents: number; until: number }>();
  readonly #underWay = new Map<number, Promise<number>>();

  constructor(url: string, pool: Pool) {
    this.#url = url;
    this.#pool = pool;
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
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(pollEveryMs)) {
      const { rows } = await this.#pool.query<{ cents: number; lives: number }>(
        `SELECT cents, extract(epoch FROM good_until - clock_timestamp())::float8 * 1000 AS lives
         FROM prices WHERE event_id = $1 AND good_until > clock_timestamp()`,
        [event],
      );
      if (rows[0]) return this.#keep(event, rows[0].cents, performance.now() + rows[0].lives);
      const leased = await this.#pool.query(
        `INSERT INTO prices (event_id, leased_until) VALUES ($1, clock_timestamp() + $2 * interval '1 ms')
         ON CONFLICT (event_id) DO UPDATE SET leased_until = excluded.leased_until
         WHERE prices.leased_until < clock_timestamp() AND prices.good_until < clock_timestamp()`,
        [event, leaseMs],
      );
      if (leased.rowCount === 1) return this.#askAndShare(event);
    }
    throw new SupplierError(`no other process has got the price of ${event}`);
  }

  async #askAndShare(event: number): Promise<number> {
    const until = performance.now() + keepMs;
    // If it fails, the lease stays until its time is over: nobody asks a box office in trouble more than once a second.
    const cents = this.#keep(event, await this.#ask(event), until);
    await this.#pool.query(
      `UPDATE prices SET cents = $2, good_until = clock_timestamp() + $3 * interval '1 ms', leased_until = '-infinity'
       WHERE event_id = $1`,
      [event, cents, Math.max(0, Math.floor(until - performance.now()))],
    );
    return cents;
  }

  async #ask(event: number): Promise<number> {
    try {
      const response = await fetch(`${this.#url}/events/${event}`, { signal: AbortSignal.timeout(timeoutMs) });
      const { priceCents } = (await response.json()) as { priceCents?: unknown };
      if (!response.ok || typeof priceCents !== 'number') throw new Error(`it answered ${response.status}`);
      return priceCents;
    } catch (cause) {
      throw new SupplierError(`no price of ${event} from the box office: ${cause}`, { cause });
    }
  }

  #keep(event: number, cents: number, until: number): number {
    this.#kept.set(event, { cents, until });
    return cents;
  }
}
