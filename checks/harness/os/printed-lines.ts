import type { Readable } from 'node:stream';

/** Characters kept of what a process prints on one stream: more than a load makes of one line for each request. */
const mostKept = 8_000_000;

/** Everything that a process prints on one stream, line by line and uncut, for a check that reads the app's log. */
export class PrintedLines {
  #chunks: string[] = [];
  #kept = 0;
  #leftOut = 0;

  /** @param stream whose encoding has been set. */
  follow(stream: Readable | null): void {
    stream?.on('data', (chunk: string) => {
      this.#chunks.push(chunk);
      this.#kept += chunk.length;
      while (this.#kept > mostKept) {
        const oldest = this.#chunks.shift() ?? '';
        this.#kept -= oldest.length;
        this.#leftOut += oldest.length;
      }
    });
  }

  /** Where the next character will stand. */
  get end(): number {
    return this.#leftOut + this.#kept;
  }

  /** What was printed since then. It may begin or end in the middle of a line. */
  since(mark: number): string {
    const text = this.#chunks.join('');
    if (this.#chunks.length > 1) this.#chunks = [text];
    return text.slice(Math.max(0, mark - this.#leftOut));
  }

  /** The whole lines since then. */
  linesSince(mark: number): string[] {
    const lines = this.since(mark).split('\n');
    lines.pop(); // Not ended yet, or the nothing behind the last line feed.
    return lines.filter((line) => line.trim() !== '');
  }
}
