import { isUtf8 } from 'node:buffer';
import type { RequestHandler } from 'express';
import { RequestError } from './errors.ts';

const limit = 16_384;

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = (req, _res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity') throw new RequestError(415, 'send plain JSON');
  const chunks: Buffer[] = [];
  let length = 0;
  let isRefused = false;
  req.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= limit || isRefused) return;
    isRefused = true;
    next(new RequestError(413, 'the body is too large'));
  });
  req.on('end', () => {
    if (isRefused) return;
    const bytes = Buffer.concat(chunks);
    try {
      if (!isUtf8(bytes)) throw new Error('the body is not UTF-8');
      req.body = JSON.parse(bytes.toString());
    } catch (error) {
      return next(new RequestError(400, (error as Error).message));
    }
    next();
  });
  req.on('error', next);
};
