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

  async create(id: string, placed: Placed): Promise<void> {
    await this.#redis.hset(keyOf(id), { placed: JSON.stringify(placed), status: 'pending' });
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

const keyOf = (id: string) => `order:${id}`;

export function parsePlaced(body: unknown): Placed | undefined {
  const { event, seats, email } = (body ?? {}) as Record<string, unknown>;
  if (typeof event !== 'string' || event === '') return undefined;
  if (typeof seats !== 'number' || !Number.isInteger(seats) || seats < 1 || seats > 20) return undefined;
  if (typeof email !== 'string' || !/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(email)) return undefined;
  return { event, seats, email };
}
