import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { RequestError } from './errors.ts';

const parse = express.json({
  verify: (_req, _res, bytes) => {
    // The parser would put U+FFFD in the place of what it can't read.
    if (!isUtf8(bytes)) throw new RequestError(400, 'the body is not UTF-8');
  },
});

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  parse(req, res, next);
};
