import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { BasketItem } from './basket.ts';

export interface Session {
  username: string;
  items: BasketItem[];
  /** Milliseconds since the epoch; each request moves it. */
  expires: number;
}

const sweepEveryMs = 60_000;

/** Who is logged in, and what is in their basket. A session ends `ttlS` seconds after its last use. */
export class Sessions {
  readonly #byToken = new Map<string, Session>();
  readonly #ttlMs: number;

  constructor(ttlS: number) {
    this.#ttlMs = ttlS * 1000;
    // Without this, everybody who never logs out stays in memory.
    setInterval(() => this.#sweep(), sweepEveryMs).unref();
  }

  /** @returns the token that goes into the cookie. */
  start(username: string): string {
    const token = randomBytes(16).toString('hex');
    this.#byToken.set(token, { username, items: [], expires: Date.now() + this.#ttlMs });
    return token;
  }

  /** The session, renewed, if there is one and it has not ended. */
  use(token: string): Session | undefined {
    const session = this.#byToken.get(token);
    if (!session) return undefined;
    if (session.expires <= Date.now()) {
      this.#byToken.delete(token);
      return undefined;
    }
    session.expires = Date.now() + this.#ttlMs;
    return session;
  }

  end(token: string): void {
    this.#byToken.delete(token);
  }

  #sweep(): void {
    const now = Date.now();
    for (const [token, session] of this.#byToken) if (session.expires <= now) this.#byToken.delete(token);
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
