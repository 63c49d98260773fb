import { stripVTControlCharacters } from 'node:util';

/** The last lines of the terminal: what is going on, and the keys. What is printed goes above them. */
export class Footer {
  readonly #keys: readonly string[];
  #note = '';
  #shownWidths: number[] = [];
  readonly #live = process.env.TERM !== 'dumb';
  #status = '';

  /** @param keys "c check": as many go into a line as the terminal is wide. */
  constructor(keys: readonly string[]) {
    this.#keys = keys;
    process.stdout.on('resize', this.#resized);
  }

  /** A line above the status that stays until it is replaced. */
  note(text: string): void {
    this.#note = text;
  }

  readonly #resized = (): void => {
    this.hide();
    this.#show();
  };

  print = (line: string): void => {
    this.hide();
    process.stdout.write(`${line}\n`);
    this.#show();
  };

  /** Says what is going on. A terminal that can't move its cursor sees it once, with the keys. */
  status(text: string): void {
    if (!this.#live && text !== this.#status) process.stdout.write(`${text}\n  ${this.#keys.join('  ')}\n`);
    this.#status = text;
    this.hide();
    this.#show();
  }

  hide(): void {
    // A terminal that has become narrower since has broken lines into several.
    const width = process.stdout.columns || 80;
    const rows = this.#shownWidths.reduce((sum, shown) => sum + Math.max(1, Math.ceil(shown / width)), 0);
    if (rows > 0) process.stdout.write(`\r${'\u001b[1A'.repeat(rows - 1)}\u001b[J`);
    this.#shownWidths = [];
  }

  #show(): void {
    if (!this.#live || !this.#status) return;
    const width = (process.stdout.columns || 80) - 1;
    const note = this.#note ? filled(this.#note.split(' '), ' ', width) : [];
    const lines = [
      '',
      ...note,
      ...filled(this.#status.trim().split(' '), ' ', width),
      ...filled(this.#keys, '  ', width),
    ];
    process.stdout.write(lines.join('\n'));
    this.#shownWidths = lines.map((line) => widthOf(line));
  }
}

const widthOf = (text: string) => stripVTControlCharacters(text).length;

/** Lines as full as the width allows; no part is cut, so that each key can be read. */
function filled(parts: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    if (line && widthOf(line) + gap.length + widthOf(part) + 2 > width) {
      lines.push(line);
      line = part;
    } else line = line ? line + gap + part : part;
  }
  return [...lines, line].map((text) => `  ${text}`);
}
