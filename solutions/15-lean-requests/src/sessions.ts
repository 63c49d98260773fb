import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import type { Redis } from 'ioredis';

export interface Session {
  name: string;
  since: string;
  /** For the fraud team. */
  address: string;
}

const cookieName = 'visitor';
const lifetimeS = 3_600;

/** Who a visitor has said to be. Kept in Redis, so every instance knows. */
export class Sessions {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** @returns the cookie. */
  async start(session: Session): Promise<string> {
    const id = randomUUID();
    await this.#redis.set(`session:${id}`, JSON.stringify(session), 'EX', lifetimeS);
    return `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }

  async of(req: Request): Promise<Session | undefined> {
    const [, id] = /(?:^|; *)visitor=([\w-]+)/.exec(req.headers.cookie ?? '') ?? [];
    const found = await this.#redis.get(`session:${id}`);
    return found ? JSON.parse(found) : undefined;
  }
}
