import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { IncrementResponse, Store } from 'express-rate-limit';

export interface SlidingWindow {
  prefix: string;
  limit: number;
  windowS: number;
}

export class StoreError extends Error {}

/** One file for all instances that the same shell has started. */
const database = new DatabaseSync(join(tmpdir(), `encore-limits-${process.ppid}.db`));
database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
database.exec('CREATE TABLE IF NOT EXISTS passed (key TEXT, at REAL, id TEXT)');
database.exec('CREATE INDEX IF NOT EXISTS by_key ON passed (key, at)');

/** Counts the requests of each key that have passed in the last `windowS` seconds, over all instances on this machine. */
export class SlidingWindowStore implements Store {
  readonly prefix: string;
  readonly #limit: number;
  readonly #windowMs: number;

  constructor({ prefix, limit, windowS }: SlidingWindow) {
    this.prefix = prefix;
    this.#limit = limit;
    this.#windowMs = windowS * 1_000;
  }

  increment(key: string): IncrementResponse {
    database.exec('BEGIN IMMEDIATE');
    try {
      const now = performance.timeOrigin + performance.now();
      const name = this.prefix + key;
      const since = now - this.#windowMs;
      const log = database.prepare('SELECT at FROM passed WHERE key = ? AND at > ? ORDER BY at').all(name, since);
      if (log.length < this.#limit)
        database.prepare('INSERT INTO passed VALUES (?, ?, ?)').run(name, now, randomUUID());
      const freeInMs = Number(log[0]?.at ?? now) - since;
      return { totalHits: log.length + 1, resetTime: new Date(Date.now() + freeInMs + 1) };
    } finally {
      database.exec('COMMIT');
    }
  }

  decrement(key: string): void {
    const newest = 'SELECT id FROM passed WHERE key = ? ORDER BY at DESC LIMIT 1';
    database.prepare(`DELETE FROM passed WHERE id IN (${newest})`).run(this.prefix + key);
  }

  resetKey(key: string): void {
    database.prepare('DELETE FROM passed WHERE key = ?').run(this.prefix + key);
  }
}
