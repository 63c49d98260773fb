import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const gzip = promisify(zlib.gzip);

interface Kept {
  version: string;
  text: Promise<Buffer>;
  gzipped: Promise<Buffer>;
}

/** The terms, read and compressed again when the file has changed. */
export class Terms {
  readonly #file: string;
  #kept: Kept | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async text(): Promise<Buffer> {
    return (await this.#current()).text;
  }

  async gzipped(): Promise<Buffer> {
    return (await this.#current()).gzipped;
  }

  async #current(): Promise<Kept> {
    // Asked before it is read: a change in between makes what is kept look old, never new.
    const { ino, size, mtimeMs } = await stat(this.#file);
    const version = `${ino} ${size} ${mtimeMs}`;
    if (this.#kept?.version === version) return this.#kept;
    const text = readFile(this.#file);
    const kept = { version, text, gzipped: text.then((plain) => gzip(plain)) };
    kept.gzipped.catch(() => {
      if (this.#kept === kept) this.#kept = undefined;
    });
    this.#kept = kept;
    return kept;
  }
}
