import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Reply } from './resp.ts';

const claimMs = 1_500;
const pollMs = 25;

/** The call that this reader waited for has failed. */
export class SharedFailure extends Error {}

class Away extends Error {}

/**
 * One key for each entry. It holds either the value, "v{json}", or the claim of the reader who asks, "c{token}".
 * No Lua: a claim becomes a value by WATCH and EXEC, on connections that are lent to one reader at a time.
 */
export class Cache {
  readonly #redis: Connection;
  readonly #url: string;
  readonly #idle: Connection[] = [];
  readonly #ttlMs: number;
  readonly #alone = new Map<string, Promise<unknown>>();

  constructor(url: string, { ttlS }: { ttlS: number }) {
    this.#url = url;
    this.#redis = new Connection(url);
    this.#idle.push(new Connection(url));
    this.#ttlMs = ttlS * 1_000;
  }

  get up(): boolean {
    return this.#redis.up && this.#idle.every((connection) => connection.up);
  }

  async read<T>(key: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#together(nameOf(key), ask);
    } catch (error) {
      if (!(error instanceof Away)) throw error;
    }
    const running = this.#alone.get(key) as Promise<T> | undefined;
    if (running) return await running;
    const call = ask().finally(() => this.#alone.get(key) === call && this.#alone.delete(key));
    this.#alone.set(key, call);
    return await call;
  }

  async forget(key: string): Promise<void> {
    this.#alone.delete(key);
    for (let tries = 0; tries < 10; tries++) {
      try {
        await this.#redis.send(['DEL', nameOf(key)]);
        return;
      } catch {
        await sleep(300);
      }
    }
  }

  async #together<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const mine = `c${randomUUID()}`;
    for (;;) {
      const [seen] = await this.#send(['SET', name, mine, 'NX', 'GET', 'PX', Math.min(claimMs, this.#ttlMs)]);
      if (seen === null) return await this.#ask(name, mine, ask);
      const entry = await this.#valueOf<T>(name, String(seen));
      if (entry) return entry.value;
      if (String(seen).startsWith('c')) {
        const got = await this.#waitFor<T>(name, String(seen));
        if (got) return got.value;
      }
    }
  }

  /** Until there is a value, or nobody has a claim. */
  async #waitFor<T>(name: string, claim: string): Promise<{ value: T } | undefined> {
    let waitsFor = claim;
    for (;;) {
      await sleep(pollMs);
      const [seen, failed] = await this.#send(['GET', name], ['GET', `encore5:failed:${waitsFor}`]);
      if (typeof seen === 'string' && seen.startsWith('v')) return await this.#valueOf<T>(name, seen);
      if (failed) throw new SharedFailure();
      if (typeof seen !== 'string' || !seen.startsWith('c')) return undefined;
      waitsFor = seen;
    }
  }

  async #valueOf<T>(name: string, text: string): Promise<{ value: T } | undefined> {
    if (text.startsWith('c') && text.length === 37) return undefined;
    try {
      if (!text.startsWith('v')) throw new Error('not ours');
      const parsed = JSON.parse(text.slice(1));
      if (!('value' in parsed)) throw new Error('not ours');
      return parsed;
    } catch {
      await this.#swap(name, text, ['DEL', name]);
      return undefined;
    }
  }

  async #ask<T>(name: string, mine: string, ask: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      const value = await ask();
      const spreadMs = this.#ttlMs * (0.8 + 0.2 * Math.random());
      const px = Math.floor(spreadMs - (performance.now() - begin));
      const store = px > 0 ? ['SET', name, `v${JSON.stringify({ value })}`, 'PX', px] : ['DEL', name];
      await this.#swap(name, mine, store).catch(() => {});
      return value;
    } catch (error) {
      await this.#send(['SET', `encore5:failed:${mine}`, '1', 'PX', Math.min(2_000, this.#ttlMs)]).catch(() => {});
      await this.#swap(name, mine, ['DEL', name]).catch(() => {});
      throw error;
    }
  }

  /** Runs the command if the key still holds `expected`, and nobody has touched it in between. */
  async #swap(name: string, expected: string, command: (string | number)[]): Promise<void> {
    const connection = this.#idle.pop() ?? (await this.#another());
    try {
      const [, seen] = await connection.send(['WATCH', name], ['GET', name]);
      if (seen === expected) await connection.send(['MULTI'], command, ['EXEC']);
      else await connection.send(['UNWATCH']);
    } catch (error) {
      throw new Away('away', { cause: error });
    } finally {
      this.#idle.push(connection);
    }
  }

  async #another(): Promise<Connection> {
    const connection = new Connection(this.#url);
    for (let tries = 0; !connection.up && tries < 50; tries++) await sleep(10);
    return connection;
  }

  async #send(...commands: (string | number)[][]): Promise<Reply[]> {
    try {
      return await this.#redis.send(...commands);
    } catch (error) {
      throw new Away('away', { cause: error });
    }
  }
}

const nameOf = (key: string) => `encore5:${key}`;
