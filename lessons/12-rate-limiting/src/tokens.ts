import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

/** A token is the username and our signature of it, so every instance can check it without asking anybody. */
export function issueToken(username: string, secret: string): string {
  const name = Buffer.from(username).toString('base64url');
  return `${name}.${sign(name, secret).toString('base64url')}`;
}

/** The user whom the request's token belongs to, or undefined if it has none that we signed. */
export function userOf(req: Request, secret: string): string | undefined {
  const [, token = ''] = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '') ?? [];
  const [name = '', signature = ''] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const right = sign(name, secret);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  return Buffer.from(name, 'base64url').toString();
}

function sign(name: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(name).digest();
}
