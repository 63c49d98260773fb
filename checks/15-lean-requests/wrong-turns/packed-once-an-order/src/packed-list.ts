import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { listedShow } from './answers.ts';
import { shows } from './shows.ts';

const packers = { br: promisify(brotliCompress), gzip: promisify(gzip) };

export type Encoding = keyof typeof packers;

/** The whole list, compressed as well as it can be, once after each order. */
export function packedList() {
  let kept = new Map<Encoding, Buffer>();
  return {
    async get(encoding: Encoding): Promise<Buffer> {
      const now = kept;
      const packed = now.get(encoding) ?? (await packers[encoding](JSON.stringify(shows.map(listedShow))));
      now.set(encoding, packed);
      return packed;
    },
    drop() {
      kept = new Map();
    },
  };
}
