import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

export interface Order {
  id: string;
  event: string;
  seats: number;
  totalCents: number;
}

/** Orders and what they leave, in Redis: every instance sees the same. */
export class Orders {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async place(event: string, seats: number, cents: number): Promise<Order> {
    const order = { id: randomUUID(), event, seats, totalCents: seats * cents };
    await this.#redis
      .multi()
      .set(`encore:order:${order.id}`, JSON.stringify(order))
      .incrby(`encore:sold:${event}`, seats)
      .exec();
    return order;
  }

  async find(id: string): Promise<Order | undefined> {
    const text = await this.#redis.get(`encore:order:${id}`);
    return text === null ? undefined : (JSON.parse(text) as Order);
  }

  async sold(event: string): Promise<number> {
    return Number((await this.#redis.get(`encore:sold:${event}`)) ?? 0);
  }
}
