import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import type { BasketItem } from './basket.ts';

export interface Session {
  username: string;
  items: BasketItem[];
}

const session = (token: string) => `session:${token}`;
const basket = (token: string) => `basket:${token}`;

const useScript = `
  if redis.call('EXPIRE', KEYS[1], ARGV[1]) == 0 then return false end
  redis.call('EXPIRE', KEYS[2], ARGV[1])
  return { redis.call('GET', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1) }`;

const addScript = `
  if redis.call('EXPIRE', KEYS[1], ARGV[1]) == 0 then return false end
  redis.call('RPUSH', KEYS[2], ARGV[2])
  redis.call('EXPIRE', KEYS[2], ARGV[1])
  return redis.call('LRANGE', KEYS[2], 0, -1)`;

function within<T>(asked: Promise<T>): Promise<T> {
  return Promise.race([
    asked,
    new Promise<T>((_resolve, reject) => setTimeout(() => reject(new Error('Redis is too slow')), 1000)),
  ]);
}

export class Sessions {
  readonly #redis: Redis;
  readonly #ttlS: number;

  constructor(redis: Redis, ttlS: number) {
    this.#redis = redis;
    this.#ttlS = ttlS;
  }

  async start(username: string): Promise<string> {
    const token = randomBytes(24).toString('base64url');
    await within(this.#redis.set(session(token), username, 'EX', this.#ttlS));
    return token;
  }

  async use(token: string): Promise<Session | undefined> {
    const found = (await within(this.#redis.eval(useScript, 2, session(token), basket(token), this.#ttlS))) as
      | [string, string[]]
      | null;
    return found ? { username: found[0], items: found[1].map((item) => JSON.parse(item)) } : undefined;
  }

  async add(token: string, item: BasketItem): Promise<BasketItem[] | undefined> {
    const items = (await within(
      this.#redis.eval(addScript, 2, session(token), basket(token), this.#ttlS, JSON.stringify(item)),
    )) as string[] | null;
    return items?.map((each) => JSON.parse(each));
  }

  async end(token: string): Promise<void> {
    await within(this.#redis.del(session(token), basket(token)));
  }
}

/** The value of a cookie that the client sent, or an empty string. */
export function readCookie(req: Request, name: string): string {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === name) return value ?? '';
  }
  return '';
}
