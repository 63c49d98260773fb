import { compare } from 'bcrypt';
import type { Pool } from 'pg';

export interface Customer {
  id: number;
  email: string;
  name: string;
}

/** Compared with when there is no such customer, so that the time taken doesn't tell who has an account. */
const hashOfNobody = '$2b$06$2p6biD2njQeWChmiRhcjcOW8sIfJMrmu8x8tTp.lhx8xtb.fPgRqy';

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
    // In a thread of libuv: compareSync would hold up everybody else.
    const isRight = await compare(password, found?.password_hash ?? hashOfNobody);
    return found && isRight ? { id: found.id, email: found.email, name: found.name } : undefined;
  }
}
