import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { RequestError } from './errors.ts';

const limit = 16_384;

/** For the routes that read a body, and for no other. */
export const jsonBody: RequestHandler = async (req, _res, next) => {
  if (!req.is('application/json')) throw new RequestError(415, 'send application/json');
  if (req.headers['content-encoding']) throw new RequestError(415, 'send the body as it is');
  const text = await textOf(req);
  try {
    req.body = JSON.parse(text);
  } catch {
    throw new RequestError(400, 'the body is no JSON');
  }
  next();
};

async function textOf(req: IncomingMessage): Promise<string> {
  let text = '';
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length <= limit) text += chunk;
  }
  if (length > limit) throw new RequestError(413, 'the body is too large');
  return text;
}
