import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** A line that does not end is cut here, so that an app which prints megabytes without a line feed fills no memory. */
const longestLine = 2_000;
/** More lines in a second than anybody reads. The rest of that second is counted. */
const mostLinesPerSecond = 200;

/**
 * Hands over what a process prints, line by line, without control characters. Of more than 200 lines in a second the rest
 * becomes one line that counts them.
 */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  #secondBegan = Number.NEGATIVE_INFINITY;
  #inThisSecond = 0;
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  follow(...streams: (Readable | null)[]): void {
    for (const stream of streams) if (stream) this.#follow(stream);
  }

  /** Each stream has its own unfinished line: stdout and stderr must not run together. */
  #follow(stream: Readable): void {
    let unfinished = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (unfinished + chunk).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) this.#line(line);
      if (unfinished.length <= longestLine) return;
      this.#line(unfinished);
      unfinished = '';
    });
    stream.on('close', () => {
      if (unfinished) this.#line(unfinished);
      unfinished = '';
      this.#sayLeftOut();
    });
  }

  #line(line: string): void {
    const now = performance.now();
    if (now - this.#secondBegan >= 1_000) {
      this.#sayLeftOut();
      this.#secondBegan = now;
      this.#inThisSecond = 0;
    }
    if (++this.#inThisSecond > mostLinesPerSecond) {
      this.#leftOut++;
      this.#timer ??= setTimeout(() => this.#sayLeftOut(), 1_000).unref();
      return;
    }
    this.#onLine(readable(line));
  }

  #sayLeftOut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#leftOut > 0) this.#onLine(`… ${this.#leftOut} more lines within a second, not shown`);
    this.#leftOut = 0;
  }
}

/** An app must not move the cursor of the learner's terminal or change its colours. */
function readable(line: string): string {
  const text = stripVTControlCharacters(line.replace(/\r$/, '')).replaceAll(/(?!\t)\p{Cc}/gu, '');
  return text.length > longestLine ? `${text.slice(0, longestLine)}…` : text;
}
