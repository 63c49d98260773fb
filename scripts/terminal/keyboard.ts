import { setTimeout as delay } from 'node:timers/promises';
import { type KeyListener, readKeys } from './keys.ts';

/** The terminal's keys, which the shell gets back while this job is suspended. */
export class Keyboard {
  readonly #listener: KeyListener;
  #release: () => void = () => {};

  constructor(listener: KeyListener) {
    this.#listener = listener;
  }

  listen(): void {
    this.#release = readKeys(this.#listener);
  }

  release(): void {
    this.#release();
  }

  /** As Ctrl-Z elsewhere. Resolves once the job goes on, or at once where nobody could wake it and the system ignores the signal. */
  async suspend(): Promise<void> {
    this.#release();
    process.kill(0, 'SIGTSTP'); // The whole job, npm included, as the terminal does it.
    await delay(50);
    this.listen();
  }
}
