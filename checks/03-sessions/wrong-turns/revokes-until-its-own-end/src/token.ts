import { createHmac, timingSafeEqual } from 'node:crypto';

const secret = process.env.SESSION_SECRET ?? 'only for development';

/** What the cookie says, signed so that nobody but us can have written it. */
export interface Claims {
  /** Stays the same when the token is renewed, so that a logout ends all of its copies. */
  id: string;
  username: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

export function sign(claims: Claims): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${body}.${macOf(body).toString('base64url')}`;
}

/** The claims of a token, if we have signed it and it has not expired. */
export function verify(token: string): Claims | undefined {
  const [body = '', mac = ''] = token.split('.');
  const given = Buffer.from(mac, 'base64url');
  const right = macOf(body);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  return claims.expires > Date.now() ? claims : undefined;
}

function macOf(body: string): Buffer {
  return createHmac('sha256', secret).update(body).digest();
}
