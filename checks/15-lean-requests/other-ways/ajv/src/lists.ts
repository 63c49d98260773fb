import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { ShowRow } from './shows.ts';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const fields = ['id', 'title', 'city', 'startsAt', 'priceCents', 'seatsLeft'] as const;

export function shown(row: ShowRow, more: (keyof ShowRow)[] = []): Record<string, unknown> {
  return Object.fromEntries([...fields, ...more].map((field) => [field, row[field]]));
}

export async function sendList(req: Request, res: Response, rows: ShowRow[]): Promise<void> {
  const json = JSON.stringify(rows.map((row) => shown(row)));
  res.type('json');
  if (Buffer.byteLength(json) < 1_024) return void res.send(json);
  res.vary('Accept-Encoding');
  const encoding = req.acceptsEncodings('br', 'gzip');
  if (encoding) res.set('Content-Encoding', encoding);
  res.send(encoding === 'br' ? await brotli(json, quick) : encoding ? await zip(json, { level: 1 }) : json);
}
