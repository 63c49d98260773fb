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
    const accounts = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return new Accounts(await open(file, 'a'), new Map(accounts.map(({ name, hash }) => [name, hash])));
  }

  create(name: string, password: string): Promise<boolean> {
    return this.#locks.run(name, async () => {
      if (this.#hashes.has(name)) return false;
      const hash = await bcrypt.hash(password, cost);
      // One line at a time: a write that is cut short must not meet another one. No name has a space.
      await this.#locks.run(' file', () => this.#file.appendFile(`${JSON.stringify({ name, hash })}\n`));
      this.#hashes.set(name, hash);
      return true;
    });
  }

  async verify(name: string, password: string): Promise<boolean> {
    const hash = this.#hashes.get(name);
    const same = await bcrypt.compare(password, hash ?? nobodysHash);
    return same && hash !== undefined;
  }
}
