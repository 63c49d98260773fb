import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

/** What a customer asks for. */
export interface Placed {
  event: string;
  seats: number;
  email: string;
}

export type Status = 'pending' | 'confirmed' | 'failed';

export interface Order extends Placed {
  order: string;
  status: Status;
  /** Why it failed. */
  reason?: string;
}

/** The orders of all instances, in Redis: a hash for each. */
export class Orders {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * The id that belongs to an Idempotency-Key: a new one for the first who brings the key, and the same for all others.
   * @returns undefined when the key has been used for something else.
   */
  async claim(key: string, placed: Placed): Promise<string | undefined> {
    const wanted = JSON.stringify([placed.event, placed.seats, placed.email]);
    const fresh = JSON.stringify({ id: randomUUID(), wanted });
    // NX decides between those who come at the same time. The id is in the key from the start, so a repeat can go on
    // where an instance has died.
    const isFirst = await this.#redis.set(claimOf(key), fresh, 'EX', keepKeysS, 'NX');
    const claim = JSON.parse((isFirst ? fresh : await this.#redis.get(claimOf(key))) ?? fresh);
    return claim.wanted === wanted ? claim.id : undefined;
  }

  /** Repeating it changes nothing: an order that is settled stays so. */
  async create(id: string, placed: Placed): Promise<void> {
    await this.#redis.hsetnx(keyOf(id), 'placed', JSON.stringify(placed));
  }

  async find(id: string): Promise<Order | undefined> {
    const { placed, status = 'pending', reason } = await this.#redis.hgetall(keyOf(id));
    if (!placed) return undefined;
    return { order: id, ...(JSON.parse(placed) as Placed), status: status as Status, ...(reason ? { reason } : {}) };
  }

  /** The order is done with: the customer has the e-mail, or will never get it. */
  async settle(id: string, status: Exclude<Status, 'pending'>, reason?: string): Promise<void> {
    await this.#redis.hset(keyOf(id), { status, ...(reason ? { reason } : {}) });
  }
}

const keepKeysS = 24 * 3_600;
const keyOf = (id: string) => `order:${id}`;
const claimOf = (key: string) => `idempotency:${key}`;

export function parsePlaced(body: unknown): Placed | undefined {
  const { event, seats, email } = (body ?? {}) as Record<string, unknown>;
  if (typeof event !== 'string' || event === '') return undefined;
  if (typeof seats !== 'number' || !Number.isInteger(seats) || seats < 1 || seats > 20) return undefined;
  if (typeof email !== 'string' || !/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(email)) return undefined;
  return { event, seats, email };
}
