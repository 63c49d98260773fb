import { DatabaseError, Pool, type QueryResultRow } from 'pg';

/** Ten connections at most, each of them used again and again. */
export class Database {
  readonly #pool: Pool;

  constructor(connectionString: string) {
    this.#pool = new Pool({ connectionString, max: 10, idleTimeoutMillis: 60_000 });
    this.#pool.on('error', (error) => console.error(`a connection to the database broke: ${error.message}`));
  }

  /** One statement. The connection stays in the pool if the statement fails; pool.query would end it then. */
  async query<Row extends QueryResultRow>(text: string, values: unknown[], signal: AbortSignal): Promise<Row[]> {
    const client = await this.#pool.connect();
    const onError = (error: Error) => console.error(`a connection to the database broke: ${error.message}`);
    client.on('error', onError);
    // Nobody wants the answer any more, so PostgreSQL need not go on.
    const stop = () => void client.end();
    signal.addEventListener('abort', stop);
    let broken = false;
    try {
      signal.throwIfAborted();
      return (await client.query<Row>(text, values)).rows;
    } catch (error) {
      broken = signal.aborted || !(error instanceof DatabaseError && error.severity === 'ERROR');
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      client.release(broken);
      client.off('error', onError);
    }
  }
}
