import type { Pool } from 'pg';

/** An order as its customer sees it. */
export interface Order {
  id: number;
  event: { id: number; title: string; venue: string };
  seats: number;
  placedAt: Date;
}

/** As long an order waits for others, at most. */
const writeEveryMs = 2_000;

export type Placed = { id: number } | 'sold out' | 'no such event';

const select = `
  SELECT orders.id, orders.seats, placed_at AS "placedAt",
    json_build_object('id', events.id, 'title', title, 'venue', venues.name) AS event
  FROM orders JOIN events ON events.id = event_id JOIN venues ON venues.id = venue_id
  WHERE customer_id = $1`;

/** The orders of all customers. */
export class Orders {
  readonly #pool: Pool;
  #unwritten: [id: number, customer: number, event: number, seats: number][] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
    setInterval(() => void this.#write(), writeEveryMs).unref();
  }

  /**
   * The seats are taken at once. Orders are written together, every two seconds. The worker finds them by their missing confirmation.
   */
  async place(customer: number, event: number, seats: number): Promise<Placed> {
    const { rows } = await this.#pool.query<{ id: number }>(
      `WITH taken AS (
         UPDATE events SET seats_left = seats_left - $2 WHERE id = $1 AND on_sale AND seats_left >= $2 RETURNING id
       )
       SELECT nextval(pg_get_serial_sequence('orders', 'id'))::int AS id FROM taken`,
      [event, seats],
    );
    if (rows[0]) {
      this.#unwritten.push([rows[0].id, customer, event, seats]);
      return rows[0];
    }
    const found = await this.#pool.query('SELECT 1 FROM events WHERE on_sale AND id = $1', [event]);
    return found.rowCount ? 'sold out' : 'no such event';
  }

  async #write(): Promise<void> {
    const orders = this.#unwritten;
    this.#unwritten = [];
    if (orders.length === 0) return;
    const column = (n: 0 | 1 | 2 | 3) => orders.map((order) => order[n]);
    await this.#pool
      .query(
        `INSERT INTO orders (id, customer_id, event_id, seats) OVERRIDING SYSTEM VALUE
         SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::int[])`,
        [column(0), column(1), column(2), column(3)],
      )
      .catch(() => this.#unwritten.unshift(...orders));
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
