import type { Pool } from 'pg';

/** An order as its customer sees it. */
export interface Order {
  id: number;
  event: { id: number; title: string; venue: string };
  seats: number;
  placedAt: Date;
}

export type Placed = { id: number } | 'sold out' | 'no such event';

const select = `
  SELECT orders.id, orders.seats, placed_at AS "placedAt",
    json_build_object('id', events.id, 'title', title, 'venue', venues.name) AS event
  FROM orders JOIN events ON events.id = event_id JOIN venues ON venues.id = venue_id
  WHERE customer_id = $1`;

/** The orders of all customers. */
export class Orders {
  readonly #pool: Pool;
  readonly #lists = new Map<number, { orders: Order[]; until: number }>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * One statement: the seats are taken and the order is written, or neither. PostgreSQL looks at the condition again when it
   * had to wait for another order of the same event. The worker finds the order by its missing confirmation.
   */
  async place(customer: number, event: number, seats: number): Promise<Placed> {
    const { rows } = await this.#pool.query<{ id: number }>(
      `WITH taken AS (
         UPDATE events SET seats_left = seats_left - $3 WHERE id = $2 AND on_sale AND seats_left >= $3 RETURNING id
       )
       INSERT INTO orders (customer_id, event_id, seats) SELECT $1, id, $3 FROM taken RETURNING id`,
      [customer, event, seats],
    );
    if (rows[0]) {
      this.#lists.delete(customer);
      return rows[0];
    }
    const found = await this.#pool.query('SELECT 1 FROM events WHERE on_sale AND id = $1', [event]);
    return found.rowCount ? 'sold out' : 'no such event';
  }

  /** The newest 20. */
  async ofCustomer(customer: number): Promise<Order[]> {
    const kept = this.#lists.get(customer);
    if (kept && performance.now() < kept.until) return kept.orders;
    const { rows } = await this.#pool.query<Order>(`${select} ORDER BY placed_at DESC, orders.id DESC LIMIT 20`, [
      customer,
    ]);
    this.#lists.set(customer, { orders: rows, until: performance.now() + 1_000 });
    return rows;
  }

  async find(customer: number, id: number): Promise<Order | undefined> {
    const { rows } = await this.#pool.query<Order>(`${select} AND orders.id = $2`, [customer, id]);
    return rows[0];
  }
}
