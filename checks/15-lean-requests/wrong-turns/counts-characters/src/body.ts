import { isUtf8 } from 'node:buffer';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { RequestError } from './errors.ts';

const read = express.text({
  type: 'application/json',
  limit: '50mb',
  verify: (_req, _res, bytes) => {
    // The parser would put U+FFFD in the place of what it can't read.
    if (!isUtf8(bytes)) throw new RequestError(400, 'the body is not UTF-8');
  },
});

function parse(req: Request, res: Response, next: NextFunction): void {
  read(req, res, (error) => {
    if (error) return next(error);
    if (req.body.length > 16_384) return next(new RequestError(413, 'the body is too large'));
    try {
      req.body = JSON.parse(req.body);
      next();
    } catch {
      next(new RequestError(400, 'the body is no JSON'));
    }
  });
}

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  parse(req, res, next);
};
