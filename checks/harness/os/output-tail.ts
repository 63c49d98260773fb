import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** Bytes of output kept of each app. More is read and thrown away, so that an app never blocks on a full pipe. */
const keptBytes = 64 * 1024;

/** Keeps the end of what a process prints, however much it prints. */
export class OutputTail {
  #kept = '';
  #totalBytes = 0;

  follow(stream: Readable | null): void {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      this.#totalBytes += chunk.length;
      this.#kept = (this.#kept + chunk).slice(-keptBytes);
    });
    stream?.on('error', () => {}); // The pipe breaks when the process is killed.
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** The end of the output as it was printed, as far as it is kept. */
  lastBytes(count: number): string {
    return this.#kept.slice(-count);
  }

  /** The last lines, without colours, long ones cut. */
  lastLines(count = 8): string[] {
    const lines = stripVTControlCharacters(this.#kept)
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
    return lines.slice(-count).map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line));
  }

  /** The lines that explain a crash: around the one that names the error, without Node's own frames. */
  crashLines(count = 10): string[] {
    const lines = this.lastLines(200).filter(
      (line) => !/^\s+at .*\(?node:internal/.test(line) && !/^\s+at <anonymous>$/.test(line),
    );
    // Errors of PostgreSQL are called "error" by pg.
    const named = lines.findIndex((line) => /\b\w*(Error|Exception)\b.*:|^error: /.test(line));
    if (named < 0) return lines.slice(-count);
    const from = Math.max(0, named - 4);
    return lines.slice(from, from + count).map((line) => line.replaceAll(/(file:\/\/)?\/\S*\/(src\/)/g, '$2'));
  }
}
