/** Keeps what is printed back for a moment, in case it is of a check that the next save ends. */
export class HeldLines {
  readonly #show: (line: string) => void;
  #held: string[] | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  /** Shows what was held, and holds what comes next for as long. */
  hold(ms: number): void {
    this.flush();
    if (ms === 0) return;
    this.#held = [];
    this.#timer = setTimeout(() => this.flush(), ms);
  }

  print(line: string): void {
    if (this.#held) this.#held.push(line);
    else this.#show(line);
  }

  flush(): void {
    const lines = this.#held ?? [];
    this.drop();
    for (const line of lines) this.#show(line);
  }

  /** @returns whether anything was held back, which is now never shown. */
  drop(): boolean {
    clearTimeout(this.#timer);
    const held = this.#held !== undefined;
    this.#held = undefined;
    return held;
  }
}
