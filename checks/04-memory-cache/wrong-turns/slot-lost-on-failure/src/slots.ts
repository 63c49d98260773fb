/** Lets so many in at a time. */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  free(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free++;
  }
}
