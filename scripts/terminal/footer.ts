import { stripVTControlCharacters } from 'node:util';
import { dim } from './style.ts';

/** The last lines of the terminal: what is going on, and the keys. What is printed goes above them. */
export class Footer {
  readonly #keys: string;
  readonly #live = process.env.TERM !== 'dumb';
  #status = '';
  #shown = 0;

  constructor(keys: string) {
    this.#keys = keys;
  }

  print = (line: string): void => {
    this.hide();
    process.stdout.write(`${line}\n`);
    this.#show();
  };

  /** Says what is going on. A terminal that can't move its cursor sees it once, with the keys. */
  status(text: string): void {
    if (!this.#live && text !== this.#status) process.stdout.write(`${text}\n${this.#keys}\n`);
    this.#status = text;
    this.hide();
    this.#show();
  }

  hide(): void {
    if (this.#shown > 0) process.stdout.write(`\r${'\u001b[1A'.repeat(this.#shown - 1)}\u001b[J`);
    this.#shown = 0;
  }

  #show(): void {
    if (!this.#live || !this.#status) return;
    const width = (process.stdout.columns || 80) - 1;
    const lines = ['', this.#status, this.#keys].map((line) => cut(line, width));
    process.stdout.write(lines.join('\n'));
    this.#shown = lines.length;
  }
}

/** A line that is too long would break and could not be taken back. */
function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : dim(`${plain.slice(0, width - 1)}…`);
}
