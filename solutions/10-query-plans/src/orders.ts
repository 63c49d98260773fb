import { DatabaseError, type Pool } from 'pg';
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

/** No connection was free in time, or the one that was used broke. */
export class DatabaseUnavailable extends Error {}

/** The only texts that get into a statement; what a visitor sends is always a parameter. */
const directions = { asc: ['ASC', '>'], desc: ['DESC', '<'] } as const;
export type Sort = keyof typeof directions;

export function isSort(text: unknown): text is Sort {
  return typeof text === 'string' && Object.hasOwn(directions, text);
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
  async ofCity(city: string, sort: Sort, limit: number, after: Cursor | undefined): Promise<Page> {
    const [direction, beyond] = directions[sort];
    const found = await this.#query<Order & { exactTime: string }>(
      `SELECT ${columns}, placed_at::text AS "exactTime" FROM orders
       WHERE city = $1 ${after ? `AND (placed_at, id) ${beyond} ($3::timestamptz, $4::int)` : ''}
       ORDER BY placed_at ${direction}, id ${direction} LIMIT $2`,
      [city, limit + 1, ...(after ? [after.time, after.id] : [])],
    );
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      orders: found.slice(0, limit).map(({ exactTime: _, ...order }) => order),
      next: last ? encodeCursor({ time: last.exactTime, id: last.id }) : null,
    };
  }

  /** What a day (UTC) came to in each city. A sum is a bigint, which pg returns as text; float8 holds any sum of cents exactly. */
  ofDay(day: string): Promise<CityTotal[]> {
    // Not '1 day': where the session's clocks change that night, it has 23 or 25 hours.
    return this.#query(
      `SELECT city, count(*)::int AS orders, sum(total_cents)::float8 AS "totalCents" FROM orders
       WHERE placed_at >= $1::timestamptz AND placed_at < $1::timestamptz + interval '24 hours'
       GROUP BY city ORDER BY city`,
      [`${day}T00:00:00Z`],
    );
  }

  async place({ reference, email, city, seats, totalCents }: NewOrder): Promise<Order | undefined> {
    const [order] = await this.#query<Order>(
      `INSERT INTO orders (reference, email, city, seats, total_cents) VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`,
      [reference, email, city, seats, totalCents],
    );
    return order;
  }

  /** The pool takes a client, and takes it back, also when the query fails. */
  async #query<Row extends object>(sql: string, params: unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(sql, params)).rows;
    } catch (error) {
      // What PostgreSQL itself says is a DatabaseError. Anything else is about the connection.
      throw error instanceof DatabaseError
        ? error
        : new DatabaseUnavailable('no answer of PostgreSQL', { cause: error });
    }
  }
}
