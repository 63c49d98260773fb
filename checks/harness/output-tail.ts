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

  /** The last lines, without colours, long ones cut. */
  lastLines(count = 8): string[] {
    const lines = stripVTControlCharacters(this.#kept).split(/\r?\n/).filter((line) => line.trim() !== '');
    return lines.slice(-count).map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line));
  }

  /** The lines that explain a crash: from the first that names an error, as far as it fits, or the last ones. */
  crashLines(count = 8): string[] {
    const lines = this.lastLines(200);
    const first = lines.findIndex((line) => /^\s*(\w*(Error|Exception)\b.*:|SyntaxError|ERR_)/.test(line) || /\w+Error( \[\w+\])?:/.test(line));
    if (first < 0) return lines.slice(-count);
    return lines.slice(Math.max(0, first - 3), first - 3 + count).map((line) => line.replaceAll(/file:\/\/\S*\/(src\/)/g, '$1'));
  }
}
