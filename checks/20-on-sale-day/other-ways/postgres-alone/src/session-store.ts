import { type SessionData, Store } from 'express-session';
import type { Pool } from 'pg';

type Done = (error?: unknown) => void;

const sweepEveryMs = 60_000;

/** Sessions as rows. */
export class SessionStore extends Store {
  readonly #pool: Pool;
  readonly #ttl: string;

  constructor(pool: Pool, ttlS: number) {
    super();
    this.#pool = pool;
    this.#ttl = `${ttlS} seconds`;
    setInterval(() => {
      this.#pool.query('DELETE FROM sessions WHERE ends_at < now()').catch(() => {}); // The next time, then.
    }, sweepEveryMs).unref();
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    this.#pool.query('SELECT data FROM sessions WHERE id = $1 AND ends_at > now()', [id]).then(
      ({ rows }) => done(null, rows[0]?.data ?? null),
      (error) => done(error),
    );
  }

  override set(id: string, session: SessionData, done: Done = () => {}): void {
    this.#run(
      `INSERT INTO sessions (id, data, ends_at) VALUES ($1, $2, now() + $3::interval)
       ON CONFLICT (id) DO UPDATE SET data = excluded.data, ends_at = excluded.ends_at`,
      [id, JSON.stringify(session), this.#ttl],
      done,
    );
  }

  /** Once in an hour is often enough for a session of a day. */
  override touch(id: string, _session: SessionData, done: Done = () => {}): void {
    this.#run(
      `UPDATE sessions SET ends_at = now() + $2::interval
       WHERE id = $1 AND ends_at < now() + $2::interval - interval '1 hour'`,
      [id, this.#ttl],
      done,
    );
  }

  override destroy(id: string, done: Done = () => {}): void {
    this.#run('DELETE FROM sessions WHERE id = $1', [id], done);
  }

  #run(sql: string, values: unknown[], done: Done): void {
    this.#pool.query(sql, values).then(() => done(), done);
  }
}
