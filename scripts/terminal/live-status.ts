import { dim } from './style.ts';

/** What is being done right now, in the last line of a terminal. Elsewhere nothing. */
export class LiveStatus {
  readonly #live = Boolean(process.stdout.isTTY) && process.env.TERM !== 'dumb';
  readonly #startedAt = performance.now();
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  show(text: string): void {
    this.#text = text;
    if (!this.#live) return;
    this.#timer ??= setInterval(() => this.#draw(), 200).unref();
    this.#draw();
  }

  /** A line that stays. */
  print(line: string): void {
    this.#clear();
    console.log(line);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #draw(): void {
    this.#clear();
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(0);
    process.stdout.write(dim(`  … ${this.#text} (${seconds} s)`.slice(0, (process.stdout.columns ?? 80) - 1)));
  }

  #clear(): void {
    if (this.#live) process.stdout.write('\r\u001b[K');
  }
}
