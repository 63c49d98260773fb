import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import bcrypt from 'bcrypt';
import { inTurn } from './turns.ts';

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
  readonly #fd: number;
  readonly #hashes = new Map<string, string>();
  /** Names of sign-ups that are under way: neither free nor taken yet. */
  readonly #reserved = new Set<string>();

  /** Reads the file at once: before the app listens there is nobody to wait for it. */
  constructor(file: string) {
    this.#fd = openSync(file, 'a');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines) {
      if (line === '') continue;
      const { name, hash } = JSON.parse(line) as Account;
      this.#hashes.set(name, hash);
    }
  }

  /** @returns false if somebody has that name already, or is about to. */
  async create(name: string, password: string): Promise<boolean> {
    // No await between the question and the reservation, so no other request comes in between.
    if (this.#hashes.has(name) || this.#reserved.has(name)) return false;
    this.#reserved.add(name);
    try {
      const hash = await inTurn(() => bcrypt.hash(password, cost));
      const account: Account = { name, hash };
      writeSync(this.#fd, `${JSON.stringify(account)}\n`);
      this.#hashes.set(name, hash);
      return true;
    } finally {
      this.#reserved.delete(name); // Also when the disk was full: the name is free again.
    }
  }

  /** Whether there is such an account, with that password. */
  async verify(name: string, password: string): Promise<boolean> {
    const hash = this.#hashes.get(name);
    const same = await inTurn(() => bcrypt.compare(password, hash ?? nobodysHash));
    return same && hash !== undefined;
  }
}
