import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { listedShow } from './answers.ts';
import { shows } from './shows.ts';

const pack = promisify(gzip);

/** The whole list, compressed once after each order. */
export function packedList() {
  let kept: Buffer | undefined;
  return {
    async get(): Promise<Buffer> {
      kept ??= await pack(JSON.stringify(shows.map(listedShow)));
      return kept;
    },
    drop() {
      kept = undefined;
    },
  };
}
