import type { Answer, Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { newAddress, passwords } from './limits.ts';
import { waits } from './without-redis.ts';

export interface Asked {
  method: string;
  path: string;
  /** What it must be answered without Redis. */
  status: number;
  token?: string | undefined;
  body?: unknown;
  from?: string;
  /** When Redis was there. */
  wasRefused?: boolean;
}

export const read: Asked = { method: 'GET', path: '/events', status: 200 };

export function loginWith(password: string): Asked {
  return { method: 'POST', path: '/login', status: 503, body: { username: 'ada', password } };
}

/** Each route, with what makes a difference. */
export function eachRoute(token: string): Asked[] {
  return [
    ...['/events', '/events/3'].flatMap((path) => [undefined, token].map((token) => ({ ...read, path, token }))),
    ...[passwords.ada, 'a guess'].map(loginWith),
    { method: 'POST', path: '/exports', status: 503, token },
  ];
}

export function send(
  t: Stage,
  redis: RedisHandle,
  app: Instance,
  { method, path, token, body, from = newAddress() }: Asked,
): Promise<Answer> {
  const headers = { 'x-forwarded-for': from, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return t.visitor({ at: app }).send(method, path, body, { headers, unanswered: waits(redis) });
}
