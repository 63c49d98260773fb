import { isUtf8 } from 'node:buffer';
import { createGunzip } from 'node:zlib';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { RequestError } from './errors.ts';

const limit = 16_384;

function parse(req: Request, _res: Response, next: NextFunction): void {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (!['identity', 'gzip'].includes(encoding)) throw new RequestError(415, 'send it plain or as gzip');
  const stream = encoding === 'gzip' ? req.pipe(createGunzip()) : req;
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
  });
  stream.on('end', () => {
    try {
      if (length > limit) throw new RequestError(413, 'the body is too large');
      const bytes = Buffer.concat(chunks);
      if (!isUtf8(bytes)) throw new RequestError(400, 'the body is not UTF-8');
      req.body = JSON.parse(bytes.toString());
      next();
    } catch (error) {
      next(error instanceof RequestError ? error : new RequestError(400, 'the body is no JSON'));
    }
  });
}

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  parse(req, res, next);
};
