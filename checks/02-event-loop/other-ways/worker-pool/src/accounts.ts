import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline/promises';
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

  private constructor(file: string) {
    this.#file = file;
  }

  static async read(file: string): Promise<Accounts> {
    const accounts = new Accounts(file);
    if (!existsSync(file)) return accounts;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (line === '') continue;
      const { name, hash } = JSON.parse(line);
      accounts.#byName.set(name, hash);
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
    const handle = await open(this.#file, 'a');
    try {
      await handle.appendFile(`${JSON.stringify({ name, hash })}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return hash;
  }

  async verify(name: string, password: string): Promise<boolean> {
    const known = this.#byName.get(name);
    const hash = typeof known === 'string' ? known : undefined;
    const same: boolean = await this.#pool.run({ password, hash: hash ?? nobodysHash }, { name: 'compare' });
    return same && hash !== undefined;
  }
}
