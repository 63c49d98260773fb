import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
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
  readonly #file: string;
  readonly #hashes = new Map<string, string>();
  /** Whether the file may end within a line, because a full disk cut a write short. The next one ends that line first. */
  #midLine = false;
  readonly #read: Promise<void>;
  #written: Promise<void>;
  /** Names of sign-ups that are under way: neither free nor taken yet. */
  readonly #reserved = new Set<string>();

  constructor(file: string) {
    this.#file = file;
    this.#read = this.#readAll();
    this.#written = this.#read;
  }

  async #readAll(): Promise<void> {
    const text = existsSync(this.#file) ? await readFile(this.#file, 'utf8') : '';
    this.#midLine = text !== '' && !text.endsWith('\n');
    for (const line of text.split('\n')) {
      const account = parseLine(line);
      if (account) this.#hashes.set(account.name, account.hash);
    }
  }

  /** @returns false if somebody has that name already, or is about to. */
  async create(name: string, password: string): Promise<boolean> {
    // No await between the question and the reservation, so no other request comes in between.
    if (this.#hashes.has(name) || this.#reserved.has(name)) return false;
    this.#reserved.add(name);
    try {
      const hash = await inTurn(() => bcrypt.hash(password, cost));
      await this.#append({ name, hash });
      this.#hashes.set(name, hash);
      return true;
    } finally {
      this.#reserved.delete(name); // Also after an error: the name is free again.
    }
  }

  /** One line after the other: what a full disk cuts short must not run into the next line. */
  #append(account: Account): Promise<void> {
    const written = this.#written.then(async () => {
      const line = `${this.#midLine ? '\n' : ''}${JSON.stringify(account)}\n`;
      this.#midLine = true;
      await appendFile(this.#file, line);
      this.#midLine = false;
    });
    this.#written = written.catch(() => {}); // Its own sign-up hears of the error. The next one is tried all the same.
    return written;
  }

  /** Whether there is such an account, with that password. */
  async verify(name: string, password: string): Promise<boolean> {
    await this.#read;
    const hash = this.#hashes.get(name);
    const same = await inTurn(() => bcrypt.compare(password, hash ?? nobodysHash));
    return same && hash !== undefined;
  }
}

/** The account in a line, or undefined for what a full disk left of one. That customer got no 201. */
function parseLine(line: string): Account | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line);
  } catch {
    console.error(`left out a line of ${line.length} characters that can't be read`);
    return undefined;
  }
}
