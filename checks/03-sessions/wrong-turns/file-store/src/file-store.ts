import { mkdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SessionData, Store } from 'express-session';

/** Sessions as files. They survive a restart, as long as the app comes back on the same disk. */
export class FileStore extends Store {
  readonly #dir: string;
  readonly #ttlMs: number;

  constructor(dir: string, ttlS: number) {
    super();
    this.#dir = dir;
    this.#ttlMs = ttlS * 1000;
    mkdirSync(dir, { recursive: true });
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    readFile(this.#file(id), 'utf8').then(
      (text) => {
        const { expires, session } = JSON.parse(text);
        done(null, expires > Date.now() ? session : null);
      },
      (error) => done(error), // ENOENT: express-session takes it for "no such session".
    );
  }

  override set(id: string, session: SessionData, done: (error?: unknown) => void = () => {}): void {
    const text = JSON.stringify({ expires: Date.now() + this.#ttlMs, session });
    writeFile(this.#file(id), text).then(() => done(), done);
  }

  override touch(id: string, session: SessionData, done: () => void = () => {}): void {
    this.set(id, session, done);
  }

  override destroy(id: string, done: (error?: unknown) => void = () => {}): void {
    rm(this.#file(id), { force: true }).then(() => done(), done);
  }

  #file(id: string): string {
    return join(this.#dir, `${encodeURIComponent(id)}.json`);
  }
}
