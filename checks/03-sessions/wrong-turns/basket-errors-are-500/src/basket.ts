import type { ChainableCommander, Redis } from 'ioredis';

export interface BasketItem {
  event: string;
  seats: number;
}

const maxSeats = 8;

/** What a client may put into a basket, or undefined if the body is no such thing. */
export function parseBasketItem(body: unknown): BasketItem | undefined {
  const { event, seats } = (body ?? {}) as Record<string, unknown>;
  if (typeof event !== 'string' || !/^[a-z0-9-]{1,64}$/.test(event)) return undefined;
  if (!Number.isInteger(seats) || Number(seats) < 1 || Number(seats) > maxSeats) return undefined;
  return { event, seats: Number(seats) };
}

/**
 * Baskets, a Redis list for each session. They are not in the session itself, because express-session reads it whole
 * and writes it whole: of two additions at the same time, the later write would undo the earlier one.
 */
export class Baskets {
  readonly #redis: Redis;
  readonly #ttlS: number;

  constructor(redis: Redis, ttlS: number) {
    this.#redis = redis;
    this.#ttlS = ttlS;
  }

  async add(sessionId: string, item: BasketItem): Promise<BasketItem[]> {
    const key = keyOf(sessionId);
    return this.#items(this.#redis.multi().rpush(key, JSON.stringify(item)).expire(key, this.#ttlS).lrange(key, 0, -1));
  }

  async items(sessionId: string): Promise<BasketItem[]> {
    return this.#items(this.#redis.multi().lrange(keyOf(sessionId), 0, -1));
  }

  /** A basket lives as long as its session, which any request renews. */
  async renew(sessionId: string): Promise<void> {
    await this.#redis.expire(keyOf(sessionId), this.#ttlS);
  }

  async empty(sessionId: string): Promise<void> {
    await this.#redis.del(keyOf(sessionId));
  }

  /** Runs a transaction whose last command reads the list. */
  async #items(transaction: ChainableCommander): Promise<BasketItem[]> {
    const results = (await transaction.exec()) ?? [];
    const [error, lines] = results.at(-1) ?? [];
    if (error) throw error;
    return (lines as string[]).map((line) => JSON.parse(line));
  }
}

function keyOf(sessionId: string): string {
  return `basket:${sessionId}`;
}
