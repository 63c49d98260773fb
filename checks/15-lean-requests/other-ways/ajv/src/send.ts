import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** For answers that may be long: compressed, if they are and the client can read that. */
export async function sendJson(req: Request, res: Response, value: unknown): Promise<void> {
  const json = JSON.stringify(value);
  res.type('json');
  if (Buffer.byteLength(json) < 1_024) return void res.send(json);
  res.vary('Accept-Encoding');
  const encoding = req.acceptsEncodings('br', 'gzip');
  if (encoding) res.set('Content-Encoding', encoding);
  res.send(encoding === 'br' ? await brotli(json, quick) : encoding ? await zip(json, { level: 1 }) : json);
}
