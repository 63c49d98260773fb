import express, { type RequestHandler } from 'express';
import { RequestError } from './errors.ts';

const parse = express.json({
  limit: '16kb',
});

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  parse(req, res, next);
};
