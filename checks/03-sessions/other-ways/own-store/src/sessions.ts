import { randomBytes } from 'node:crypto';
import type { CookieOptions, NextFunction, Request, Response } from 'express';
import type { ChainableCommander, Redis } from 'ioredis';
import type { BasketItem } from './basket.ts';

const cookieName = '__Host-shop'; // Browsers take it only from the host itself, over TLS and for every path.
const cookieOptions: CookieOptions = { httpOnly: true, sameSite: 'lax', secure: true, path: '/' };

/** Sessions as Redis hashes. A basket is a list that belongs to the customer, whatever session they come with. */
export class Sessions {
  readonly #redis: Redis;
  readonly #ttlS: number;

  constructor(redis: Redis, ttlS: number) {
    this.#redis = redis;
    this.#ttlS = ttlS;
  }

  /** Always a new id: whatever the browser came with is worth nothing, and its session ends. */
  async start(req: Request, res: Response, username: string): Promise<void> {
    const id = randomBytes(24).toString('base64url');
    const login = `login:${id}`;
    await this.#run(
      this.#redis
        .multi()
        .del(`login:${idOf(req)}`)
        .hset(login, { username })
        .expire(login, this.#ttlS),
    );
    res.cookie(cookieName, id, cookieOptions);
  }

  async end(req: Request, res: Response): Promise<void> {
    const id = idOf(req);
    if (id) await this.#redis.del(`login:${id}`);
    res.clearCookie(cookieName, cookieOptions);
  }

  /** Middleware: finds out who is logged in, and renews the session. */
  find = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const id = idOf(req);
    const login = `login:${id}`;
    const [username] = id ? await this.#run(this.#redis.multi().hget(login, 'username').expire(login, this.#ttlS)) : [];
    if (typeof username === 'string') {
      await this.#redis.expire(`items:${username}`, this.#ttlS);
      res.locals.username = username;
    }
    next();
  };

  /** Middleware: 401 unless somebody is logged in. */
  required = (_req: Request, res: Response, next: NextFunction): void => {
    if (res.locals.username) next();
    else res.status(401).json({ error: 'please log in' });
  };

  async items(username: string): Promise<BasketItem[]> {
    return (await this.#redis.lrange(`items:${username}`, 0, -1)).map((line) => JSON.parse(line));
  }

  async add(username: string, item: BasketItem): Promise<BasketItem[]> {
    const key = `items:${username}`;
    await this.#run(this.#redis.multi().rpush(key, JSON.stringify(item)).expire(key, this.#ttlS));
    return this.items(username);
  }

  async #run(transaction: ChainableCommander): Promise<unknown[]> {
    return ((await transaction.exec()) ?? []).map(([error, value]) => {
      if (error) throw error;
      return value;
    });
  }
}

function idOf(req: Request): string {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === cookieName) return /^[\w-]{32}$/.test(value ?? '') ? (value ?? '') : '';
  }
  return '';
}
