import type { Pool, PoolClient } from 'pg';

/** All of it, or nothing. */
export async function inTransaction<T>(pool: Pool, act: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await act(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    client.release(true); // Closed, so that nobody gets it with its transaction.
    throw error;
  }
}
