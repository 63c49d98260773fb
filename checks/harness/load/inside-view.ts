import type { LoadSample } from '../model/result.ts';
import type { LoadScene } from './load-scene.ts';

type Seen = Pick<LoadSample, 'eventLoopDelayP99Ms' | 'supplierCalls' | 'statements'>;

/**
 * What only the processes know, asked for while a load runs: how late the event loop of the app is, and how often it called
 * the supplier and the database. A blocked event loop answers late, so nothing waits for an answer.
 */
export class InsideView {
  readonly #environment: LoadScene;
  readonly #calls = new Difference();
  readonly #statements = new Difference();
  #eventLoopDelay: number | undefined;
  #asking: Promise<unknown> | undefined;
  #closed = false;

  constructor(environment: LoadScene) {
    this.#environment = environment;
  }

  /** Asks, unless the last question is still open. */
  look(): void {
    const { supplier, postgres } = this.#environment;
    if (postgres) this.#statements.add(postgres.statementsSent());
    if (this.#asking || this.#closed) return;
    this.#asking = Promise.allSettled([
      this.#readProbes(),
      supplier?.total().then((total) => this.#calls.add(total)),
    ]).finally(() => {
      this.#asking = undefined;
    });
  }

  /** What has been heard since the last call. */
  take(): Seen {
    const { supplier, postgres } = this.#environment;
    const seen = {
      ...(this.#eventLoopDelay === undefined ? {} : { eventLoopDelayP99Ms: this.#eventLoopDelay }),
      ...(supplier ? { supplierCalls: this.#calls.take() } : {}),
      ...(postgres ? { statements: this.#statements.add(postgres.statementsSent()).take() } : {}),
    };
    this.#eventLoopDelay = undefined;
    return seen;
  }

  /** Asks no more, and leaves alone what is still answered, so that no later measuring is disturbed. */
  close(): void {
    this.#closed = true;
  }

  async #readProbes(): Promise<void> {
    const delays = await Promise.all(
      this.#environment.instances.map(async ({ probe }) => {
        const reading = await probe.read().catch(() => undefined); // No probe, no figure: this is for pictures only.
        if (reading && !this.#closed) await probe.reset().catch(() => {});
        return reading?.eventLoopDelay.p99;
      }),
    );
    const known = delays.filter((delay) => delay !== undefined);
    if (known.length > 0) this.#eventLoopDelay = Math.max(...known);
  }
}

/** By how much a count has grown since somebody asked last. */
class Difference {
  #total: number | undefined;
  #grown = 0;

  add(total: number): this {
    if (this.#total !== undefined) this.#grown += Math.max(0, total - this.#total); // A new count begins at 0.
    this.#total = total;
    return this;
  }

  take(): number {
    const grown = this.#grown;
    this.#grown = 0;
    return grown;
  }
}
