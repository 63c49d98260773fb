import { isUtf8 } from 'node:buffer';
import { createGunzip } from 'node:zlib';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { RequestError } from './errors.ts';

const limit = 16_384;

async function parse(req: Request, _res: Response, next: NextFunction): Promise<void> {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (!['identity', 'gzip'].includes(encoding)) throw new RequestError(415, 'send it plain or as gzip');
  // What comes over the wire is counted in bytes.
  const sent = await collect(req.iterator({ destroyOnReturn: false }), (chunk) => chunk.length);
  if (encoding === 'identity') return take(Buffer.concat(sent));
  const unpacked = createGunzip();
  unpacked.end(Buffer.concat(sent));
  take(Buffer.concat(await collect(unpacked, (chunk) => chunk.toString().length).catch(notJson)));

  function take(bytes: Buffer): void {
    if (!isUtf8(bytes)) throw new RequestError(400, 'the body is not UTF-8');
    try {
      req.body = JSON.parse(bytes.toString());
    } catch (error) {
      notJson(error);
    }
    next();
  }
}

async function collect(from: AsyncIterable<Buffer>, lengthOf: (chunk: Buffer) => number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of from) {
    length += lengthOf(chunk);
    if (length > limit) throw new RequestError(413, 'the body is too large');
    chunks.push(chunk);
  }
  return chunks;
}

function notJson(error: unknown): never {
  throw error instanceof RequestError ? error : new RequestError(400, 'the body is no JSON');
}

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = async (req, res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  await parse(req, res, next);
};
