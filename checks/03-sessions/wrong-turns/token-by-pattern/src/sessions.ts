import { randomBytes } from 'node:crypto';
import type { BasketItem } from './basket.ts';
import { ask, results } from './store.ts';

export interface Session {
  token: string;
  username: string;
}

const addItem = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return redis.call('LRANGE', KEYS[2], 0, -1)`;

// The name is in the key, so that support can list the sessions of a customer: KEYS session:ada:*
const sessionKey = (username: string, token: string) => `session:${username}:${token}`;
const basketKey = (token: string) => `basket:${token}`;

/** Who is logged in, and what is in their basket. */
export class Sessions {
  readonly #ttlS: number;

  constructor(ttlS: number) {
    this.#ttlS = ttlS;
  }

  /** A session of its own; the one that the browser had before ends. */
  async start(username: string, before: string): Promise<string> {
    await this.end(before);
    const token = randomBytes(16).toString('hex');
    await ask((redis) => redis.set(sessionKey(username, token), Date.now(), 'EX', this.#ttlS));
    return token;
  }

  /** The session, renewed. */
  async use(token: string): Promise<Session | undefined> {
    const key = await this.#find(token);
    if (!key) return undefined;
    const [, username = '', own = ''] = key.split(':');
    const [lives] = await ask(async (redis) =>
      results(await redis.multi().expire(key, this.#ttlS).expire(basketKey(own), this.#ttlS).exec()),
    );
    return lives ? { token: own, username } : undefined;
  }

  async items({ token }: Session): Promise<BasketItem[]> {
    const items = await ask((redis) => redis.lrange(basketKey(token), 0, -1));
    return items.map((item) => JSON.parse(item));
  }

  /** The whole basket, or undefined if the session has ended meanwhile. */
  async add({ username, token }: Session, item: BasketItem): Promise<BasketItem[] | undefined> {
    const items = (await ask((redis) =>
      redis.eval(addItem, 2, sessionKey(username, token), basketKey(token), JSON.stringify(item), this.#ttlS),
    )) as string[] | null;
    return items?.map((each) => JSON.parse(each));
  }

  async end(token: string): Promise<void> {
    const key = await this.#find(token);
    if (key) await ask((redis) => redis.del(key, basketKey(token)));
  }

  async #find(token: string): Promise<string | undefined> {
    if (!token) return undefined;
    const [key] = await ask((redis) => redis.keys(`session:*:${token}`));
    return key;
  }
}
