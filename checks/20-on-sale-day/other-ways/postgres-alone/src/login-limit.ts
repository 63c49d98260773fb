import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { log } from './log.ts';
import { ClientError } from './problems.ts';
import { settings } from './settings.ts';
import { inTransaction } from './transaction.ts';

const atMost = 5;
const sweepEveryMs = 30_000;

/**
 * Five failed logins of an account from an address, over all instances. A try counts from its beginning, or many at once would
 * all be compared. What was no failure is taken back.
 */
export function limitLogins(pool: Pool): RequestHandler {
  const window = `${settings.loginWindowS} seconds`;
  setInterval(() => {
    pool.query('DELETE FROM login_tries WHERE at < now() - $1::interval', [window]).catch(() => {});
  }, sweepEveryMs).unref();

  return async (req, res, next) => {
    // The address that the balancer has added. What stands left of it may be anybody's.
    const key = JSON.stringify([req.ip, String(req.body?.email).slice(0, 200)]);
    const { id, waitS } = await takeTry(pool, key, window);
    if (id === undefined) {
      res.set('Retry-After', String(waitS));
      throw new ClientError(429, 'Too many attempts.');
    }
    res.once('finish', () => {
      if (res.statusCode === 401) return;
      pool.query('DELETE FROM login_tries WHERE id = $1', [id]).catch((error) => log(`login tries: ${error.message}`));
    });
    next();
  };
}

function takeTry(pool: Pool, key: string, window: string): Promise<{ id?: string; waitS: number }> {
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [key]);
    const { rows } = await client.query<{ tries: number; wait: number }>(
      `SELECT count(*)::int AS tries,
         ceil(extract(epoch FROM min(at) + $2::interval - clock_timestamp()))::int AS wait
       FROM login_tries WHERE key = $1 AND at > clock_timestamp() - $2::interval`,
      [key, window],
    );
    const [found] = rows;
    if (found && found.tries >= atMost) return { waitS: Math.max(1, found.wait) };
    const added = await client.query<{ id: string }>('INSERT INTO login_tries (key) VALUES ($1) RETURNING id', [key]);
    return { id: added.rows[0]?.id as string, waitS: 0 };
  });
}
