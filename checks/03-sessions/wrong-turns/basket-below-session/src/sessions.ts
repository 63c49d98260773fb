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

const sessionKey = (token: string) => `session:${token}`;
const basketKey = (token: string) => `${sessionKey(token)}:basket`;

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
    await ask((redis) => redis.set(sessionKey(token), username, 'EX', this.#ttlS));
    return token;
  }

  /** The session, renewed. */
  async use(token: string): Promise<Session | undefined> {
    if (!token) return undefined;
    const [username] = await ask(async (redis) =>
      results(
        await redis
          .multi()
          .get(sessionKey(token))
          .expire(sessionKey(token), this.#ttlS)
          .expire(basketKey(token), this.#ttlS)
          .exec(),
      ),
    );
    return typeof username === 'string' ? { token, username } : undefined;
  }

  async items({ token }: Session): Promise<BasketItem[]> {
    const items = await ask((redis) => redis.lrange(basketKey(token), 0, -1));
    return items.map((item) => JSON.parse(item));
  }

  /** The whole basket, or undefined if the session has ended meanwhile. */
  async add({ token }: Session, item: BasketItem): Promise<BasketItem[] | undefined> {
    const items = (await ask((redis) =>
      redis.eval(addItem, 2, sessionKey(token), basketKey(token), JSON.stringify(item), this.#ttlS),
    )) as string[] | null;
    return items?.map((each) => JSON.parse(each));
  }

  async end(token: string): Promise<void> {
    if (token) await ask((redis) => redis.del(sessionKey(token), basketKey(token)));
  }
}
