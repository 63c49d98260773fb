import type { Pool } from 'pg';
import { type Cursor, encodeCursor } from './cursor.ts';

export interface NewOrder {
  /** Chosen by the till, so that an order sent twice is placed once. */
  reference: string;
  email: string;
  city: string;
  seats: number;
  totalCents: number;
}

export interface Order extends NewOrder {
  id: number;
  placedAt: Date;
}

export interface Page {
  orders: Order[];
  /** Opaque: where the next page begins. Null on the last one. */
  next: string | null;
}

export interface CityTotal {
  city: string;
  orders: number;
  totalCents: number;
}

const columns = `id, reference, email, city, seats, total_cents AS "totalCents", placed_at AS "placedAt"`;

/** The orders of all cities, in PostgreSQL. */
export class Orders {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The newest 50 orders of a customer. */
  ofCustomer(email: string): Promise<Order[]> {
    return this.#query(`SELECT ${columns} FROM orders WHERE email = $1 ORDER BY placed_at DESC, id DESC LIMIT 50`, [
      email,
    ]);
  }

  /** A page of the orders of a city. */
  async ofCity(city: string, sort: string, limit: number, after: Cursor | undefined): Promise<Page> {
    const offset = after?.offset ?? 0;
    const found = await this.#query<Order>(
      `SELECT ${columns} FROM orders WHERE city = $1
       ORDER BY placed_at ${sort}, id ${sort} LIMIT $2 OFFSET $3`,
      [city, limit + 1, offset],
    );
    const orders = found.slice(0, limit);
    return { orders, next: found.length > limit ? encodeCursor({ offset: offset + limit }) : null };
  }

  /** What a day (UTC) came to in each city. A sum is a bigint, which pg returns as text; float8 holds any sum of cents exactly. */
  ofDay(day: string): Promise<CityTotal[]> {
    return this.#query(
      `SELECT city, count(*)::int AS orders, sum(total_cents)::float8 AS "totalCents" FROM orders
       WHERE (placed_at AT TIME ZONE 'UTC')::date = $1::date GROUP BY city ORDER BY city`,
      [day],
    );
  }

  async place({ reference, email, city, seats, totalCents }: NewOrder): Promise<Order | undefined> {
    const [order] = await this.#query<Order>(
      `INSERT INTO orders (reference, email, city, seats, total_cents) VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`,
      [reference, email, city, seats, totalCents],
    );
    return order;
  }

  async #query<Row extends object>(sql: string, params: unknown[]): Promise<Row[]> {
    const client = await this.#pool.connect();
    const { rows } = await client.query<Row>(sql, params);
    client.release();
    return rows;
  }
}
