import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import bcrypt from 'bcrypt';

/** Each step up doubles the work: ours, and that of whoever tries passwords on a stolen file. */
const cost = 12;

/** Compared with when there is no such account, so that the time taken doesn't tell who has one. */
const nobodysHash = '$2b$12$8W7gUKK9fSM2IS/viySExOm2jcs4de60GBvM3h5l2NvC.iFL6yAmK';

interface Account {
  name: string;
  hash: string;
}

/** The accounts, in memory and in a file with a JSON object a line. */
export class Accounts {
  readonly #file: string;
  readonly #hashes = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines) {
      if (line === '') continue;
      const { name, hash } = JSON.parse(line) as Account;
      this.#hashes.set(name, hash);
    }
  }

  /** @returns false if somebody has that name already. */
  create(name: string, password: string): boolean {
    if (this.#hashes.has(name)) return false;
    const hash = bcrypt.hashSync(password, cost);
    const account: Account = { name, hash };
    appendFileSync(this.#file, `${JSON.stringify(account)}\n`);
    this.#hashes.set(name, hash);
    return true;
  }

  /** Whether there is such an account, with that password. */
  verify(name: string, password: string): boolean {
    const hash = this.#hashes.get(name);
    return bcrypt.compareSync(password, hash ?? nobodysHash) && hash !== undefined;
  }
}
