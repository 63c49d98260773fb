import { compareSync } from 'bcrypt';
import type { Pool } from 'pg';

export interface Customer {
  id: number;
  email: string;
  name: string;
}

export class Customers {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The customer, if the password is right. */
  async authenticate(email: string, password: string): Promise<Customer | undefined> {
    const { rows } = await this.#pool.query<Customer & { password_hash: string }>(
      'SELECT id, email, name, password_hash FROM customers WHERE email = $1',
      [email],
    );
    const [found] = rows;
    if (!found || !compareSync(password, found.password_hash)) return undefined;
    return { id: found.id, email: found.email, name: found.name };
  }
}
