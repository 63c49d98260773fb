import { existsSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
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
  /** Whether the file may end within a line, because a full disk cut a write short. The next one ends that line first. */
  #midLine: boolean;
  #written: Promise<void> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();

  /** Reads the file at once: before the app listens there is nobody to wait for it. */
  constructor(file: string) {
    this.#file = file;
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    this.#midLine = text !== '' && !text.endsWith('\n');
    for (const line of text.split('\n')) {
      const account = parseLine(line);
      if (account) this.#hashes.set(account.name, account.hash);
    }
  }

  /** @returns false if somebody has that name already. */
  create(name: string, password: string): Promise<boolean> {
    return this.#alone(async () => {
      if (this.#hashes.has(name)) return false;
      const hash = await bcrypt.hash(password, cost);
      await this.#append({ name, hash });
      this.#hashes.set(name, hash);
      return true;
    });
  }

  /** Whatever asks or changes the accounts does so alone. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
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
  verify(name: string, password: string): Promise<boolean> {
    return this.#alone(async () => {
      const hash = this.#hashes.get(name);
      const same = await bcrypt.compare(password, hash ?? nobodysHash);
      return same && hash !== undefined;
    });
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
