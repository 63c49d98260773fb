import type { Pool } from 'pg';
import { inTransaction } from './transaction.ts';

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

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The event is locked until the end: whoever comes next reads how many seats are left then. */
  place(customer: number, event: number, seats: number): Promise<Placed> {
    return inTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ seats_left: number }>(
        'SELECT seats_left FROM events WHERE on_sale AND id = $1 FOR UPDATE',
        [event],
      );
      if (!rows[0]) return 'no such event';
      if (rows[0].seats_left < seats) return 'sold out';
      await client.query('UPDATE events SET seats_left = seats_left - $2 WHERE id = $1', [event, seats]);
      const placed = await client.query<{ id: number }>(
        'INSERT INTO orders (customer_id, event_id, seats) VALUES ($1, $2, $3) RETURNING id',
        [customer, event, seats],
      );
      await client.query('NOTIFY order_placed'); // Heard after the COMMIT.
      return placed.rows[0] as { id: number };
    });
  }

  /** The newest 20. */
  async ofCustomer(customer: number): Promise<Order[]> {
    const { rows } = await this.#pool.query<Order>(`${select} ORDER BY placed_at DESC, orders.id DESC LIMIT 20`, [
      customer,
    ]);
    return rows;
  }

  async find(customer: number, id: number): Promise<Order | undefined> {
    const { rows } = await this.#pool.query<Order>(`${select} AND orders.id = $2`, [customer, id]);
    return rows[0];
  }
}
