import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

const worthIt = 1_024;

/** A JSON text, and its compressed form once somebody has asked for it. */
export class Packed {
  readonly #plain: Buffer;
  #gzip: Buffer | undefined;

  constructor(value: unknown) {
    this.#plain = Buffer.from(JSON.stringify(value));
  }

  send(req: IncomingMessage, res: ServerResponse): void {
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    let bytes = this.#plain;
    if (bytes.length >= worthIt) {
      res.setHeader('Vary', 'Accept-Encoding');
      if (allowsGzip(req.headers['accept-encoding'])) {
        this.#gzip ??= gzipSync(bytes);
        bytes = this.#gzip;
        res.setHeader('Content-Encoding', 'gzip');
      }
    }
    res.setHeader('Content-Length', bytes.length).end(bytes);
  }
}

function allowsGzip(header: string | string[] | undefined): boolean {
  const offers = String(header ?? '')
    .split(',')
    .map((offer) => {
      const [coding = '', ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
      const q = parameters.find((parameter) => parameter.startsWith('q='));
      return { coding, q: q === undefined ? 1 : Number(q.slice(2)) };
    });
  return (offers.find(({ coding }) => coding === 'gzip')?.q ?? 0) > 0;
}
