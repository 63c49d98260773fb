import { existsSync } from 'node:fs';
import { appendFile, open, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';

const cost = 12;
const nobodysHash = '$2b$12$8W7gUKK9fSM2IS/viySExOm2jcs4de60GBvM3h5l2NvC.iFL6yAmK';

/** The accounts. A name maps to its hash, or to the sign-up that is under way for it. */
export class Accounts {
  readonly #file: string;
  readonly #byName = new Map<string, string | Promise<string>>();
  readonly #pool = new Piscina({
    filename: new URL('./hash-worker.ts', import.meta.url).href,
    maxThreads: availableParallelism(),
    minThreads: 1,
  });

  #written: Promise<void> = Promise.resolve();

  private constructor(file: string) {
    this.#file = file;
  }

  static async read(file: string): Promise<Accounts> {
    const accounts = new Accounts(file);
    if (!existsSync(file)) return accounts;
    const text = await readFile(file, 'utf8');
    if (text !== '' && !text.endsWith('\n')) await appendFile(file, '\n'); // A crash has left a part of a line.
    for (const line of text.split('\n')) {
      const { name, hash } = parsed(line);
      if (name) accounts.#byName.set(name, hash);
    }
    return accounts;
  }

  async create(name: string, password: string): Promise<boolean> {
    if (this.#byName.has(name)) return false;
    const underWay = this.#store(name, password);
    this.#byName.set(name, underWay);
    try {
      this.#byName.set(name, await underWay);
      return true;
    } catch (error) {
      this.#byName.delete(name);
      throw error;
    }
  }

  async #store(name: string, password: string): Promise<string> {
    const hash: string = await this.#pool.run({ password, cost }, { name: 'hash' });
    const written = this.#written.then(() => this.#append(`${JSON.stringify({ name, hash })}\n`));
    this.#written = written.catch(() => {});
    await written;
    return hash;
  }

  /** One at a time, so that what a full disk leaves of a line can be taken back. */
  async #append(line: string): Promise<void> {
    const handle = await open(this.#file, 'a');
    try {
      const { size } = await handle.stat();
      await handle.appendFile(line).catch(async (error) => {
        await handle.truncate(size);
        throw error;
      });
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async verify(name: string, password: string): Promise<boolean> {
    const known = this.#byName.get(name);
    const hash = typeof known === 'string' ? known : undefined;
    const same: boolean = await this.#pool.run({ password, hash: hash ?? nobodysHash }, { name: 'compare' });
    return same && hash !== undefined;
  }
}

function parsed(line: string): { name?: string; hash: string } {
  try {
    return JSON.parse(line);
  } catch {
    return { hash: '' }; // A line that was never finished, or an empty one.
  }
}
