import type { Pool } from 'pg';

export interface OrderRow {
  id: number;
  event_id: number;
  seats: number;
  placed_at: Date;
}

export type Placed = { id: number } | 'sold out' | 'no such event';

/** The orders of all customers. */
export class Orders {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async place(customer: number, event: number, seats: number): Promise<Placed> {
    const { rows } = await this.#pool.query('SELECT seats_left FROM events WHERE on_sale AND id = $1', [event]);
    if (!rows[0]) return 'no such event';
    const left = rows[0].seats_left - seats;
    if (left < 0) return 'sold out';
    const inserted = await this.#pool.query(
      'INSERT INTO orders (customer_id, event_id, seats) VALUES ($1, $2, $3) RETURNING id',
      [customer, event, seats],
    );
    await this.#pool.query('UPDATE events SET seats_left = $2 WHERE id = $1', [event, left]);
    return { id: inserted.rows[0].id };
  }

  /** The customer has the e-mail. */
  async confirmed(id: number): Promise<void> {
    await this.#pool.query('UPDATE orders SET confirmed_at = now() WHERE id = $1', [id]);
  }

  /** The newest 20. */
  async ofCustomer(customer: number): Promise<OrderRow[]> {
    const { rows } = await this.#pool.query<OrderRow>(
      'SELECT * FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC, id DESC LIMIT 20',
      [customer],
    );
    return rows;
  }

  async find(customer: number, id: string): Promise<OrderRow | undefined> {
    const { rows } = await this.#pool.query<OrderRow>('SELECT * FROM orders WHERE customer_id = $1 AND id = $2', [
      customer,
      id,
    ]);
    return rows[0];
  }
}
