import { type FileHandle, open, readFile } from 'node:fs/promises';
import bcrypt from 'bcrypt';
import { Locks } from './locks.ts';

const cost = 12;
const nobodysHash = '$2b$12$8W7gUKK9fSM2IS/viySExOm2jcs4de60GBvM3h5l2NvC.iFL6yAmK';

export class Accounts {
  readonly #file: FileHandle;
  readonly #hashes: Map<string, string>;
  readonly #locks = new Locks();

  private constructor(file: FileHandle, hashes: Map<string, string>) {
    this.#file = file;
    this.#hashes = hashes;
  }

  static async read(file: string): Promise<Accounts> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const accounts = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const opened = await open(file, 'a');
    // What comes after the last line end is what a crash left of a line.
    await opened.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
    return new Accounts(opened, new Map(accounts.map(({ name, hash }) => [name, hash])));
  }

  create(name: string, password: string): Promise<boolean> {
    return this.#locks.run(name, async () => {
      if (this.#hashes.has(name)) return false;
      const hash = await bcrypt.hash(password, cost);
      // No name has a space, so this is a lock of its own.
      await this.#locks.run(' file', () => this.#append(`${JSON.stringify({ name, hash })}\n`));
      this.#hashes.set(name, hash);
      return true;
    });
  }

  /** One line at a time, so that what a full disk leaves of one can be taken back. */
  async #append(line: string): Promise<void> {
    const { size } = await this.#file.stat();
    try {
      await this.#file.appendFile(line);
    } catch (error) {
      await this.#file.truncate(size);
      throw error;
    }
  }

  async verify(name: string, password: string): Promise<boolean> {
    const hash = this.#hashes.get(name);
    const same = await bcrypt.compare(password, hash ?? nobodysHash);
    return same && hash !== undefined;
  }
}
