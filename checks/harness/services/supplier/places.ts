/** So many are served at a time; who comes later waits for their turn. */
export class Places {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Resolves when a place is free, which is then taken. */
  async take(): Promise<void> {
    if (this.#taken < this.#atOnce) this.#taken++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the place to the next one. */
  free(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }
}
