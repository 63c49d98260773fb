import { Pool } from 'pg';

/** Queries that end when nobody waits for them any more, or when they have taken too long. */
export class Database {
  readonly #pool: Pool;
  /** Cancelling must not wait behind what it cancels. */
  readonly #canceller: Pool;

  readonly #limitMs: number;

  constructor(connectionString: string, limitMs: number) {
    this.#limitMs = limitMs;
    this.#pool = new Pool({ connectionString, max: 8 });
    this.#canceller = new Pool({ connectionString, max: 1 });
    for (const pool of [this.#pool, this.#canceller]) pool.on('error', (error) => console.error(error.message));
  }

  async query<Row extends object>(signal: AbortSignal, sql: string, params: unknown[]): Promise<Row[]> {
    const client = await this.#pool.connect();
    let cancelled: Promise<unknown> | undefined;
    const cancel = () => {
      const { processID } = client as unknown as { processID: number };
      cancelled = this.#canceller.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => {});
    };
    const limit = setTimeout(cancel, this.#limitMs);
    try {
      signal.throwIfAborted();
      signal.addEventListener('abort', cancel, { once: true });
      return (await client.query<Row>(sql, params)).rows;
    } finally {
      clearTimeout(limit);
      signal.removeEventListener('abort', cancel);
      await cancelled; // Or it would hit the next query of this client.
      client.release();
    }
  }
}
