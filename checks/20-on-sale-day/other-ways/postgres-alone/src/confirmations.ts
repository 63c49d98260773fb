import type { Pool, PoolClient } from 'pg';
import { log } from './log.ts';
import { type Confirmation, confirmationOf, type Mailer } from './mailer.ts';

const firstPauseMs = 500;
const longestPauseMs = 3_000;

interface Due extends Confirmation {
  attempts: number;
}

/** The e-mails that are still to be sent: the orders without a confirmation, in PostgreSQL. */
export class Confirmations {
  readonly #pool: Pool;
  readonly #mailer: Mailer;

  constructor(pool: Pool, mailer: Mailer) {
    this.#pool = pool;
    this.#mailer = mailer;
  }

  /**
   * Confirms the order that has been due longest. Its row is locked meanwhile: other workers skip it, and if this one dies,
   * PostgreSQL lets go of it.
   * @returns false if none is due.
   */
  async confirmNext(): Promise<boolean> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<Due>(
        `SELECT orders.id AS order, email, title, orders.seats, mail_attempts AS attempts
         FROM orders JOIN customers ON customers.id = customer_id JOIN events ON events.id = event_id
         WHERE confirmed_at IS NULL AND mail_refused IS NULL AND mail_after <= now()
         ORDER BY mail_after LIMIT 1 FOR UPDATE OF orders SKIP LOCKED`,
      );
      if (rows[0]) await this.#confirm(client, rows[0]);
      await client.query('COMMIT');
      client.release();
      return rows.length > 0;
    } catch (error) {
      client.release(true); // Closed, so that nobody gets it with its transaction.
      throw error;
    }
  }

  async #confirm(client: PoolClient, due: Due): Promise<void> {
    try {
      await this.#mailer.sendMail(confirmationOf(due));
    } catch (error) {
      const { responseCode = 0, message } = error as Error & { responseCode?: number };
      log(`order ${due.order}: ${message}`);
      const pauseMs = Math.min(firstPauseMs * 2 ** due.attempts, longestPauseMs);
      await client.query(
        `UPDATE orders SET mail_attempts = mail_attempts + 1, mail_after = clock_timestamp() + $2 * interval '1 ms',
           mail_refused = $3 WHERE id = $1`,
        [due.order, pauseMs, responseCode >= 500 ? message : null],
      );
      return;
    }
    await client.query('UPDATE orders SET confirmed_at = now() WHERE id = $1', [due.order]);
  }
}
