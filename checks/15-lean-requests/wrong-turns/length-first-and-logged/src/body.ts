import { isUtf8 } from 'node:buffer';
import express, { type Request, type RequestHandler } from 'express';
import { RequestError } from './errors.ts';

const limit = 16_384;

const parse = express.json({
  limit,
  verify: (_req, _res, bytes) => {
    // The parser would put U+FFFD in the place of what it can't read.
    if (!isUtf8(bytes)) throw new RequestError(400, 'the body is not UTF-8');
  },
});

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  if (Number(req.headers['content-length']) > limit) {
    logRefused(req);
    throw new RequestError(413, 'the body is too large');
  }
  parse(req, res, next);
};

async function logRefused(req: Request): Promise<void> {
  const chunks = await req.toArray().catch(() => []);
  const bytes = Buffer.concat(chunks);
  console.log(`refused ${bytes.length} bytes: ${bytes.toString('latin1', 0, 80)}`);
}
