import type { Request, Response } from 'express';

const name = 'session';
const options = { httpOnly: true, sameSite: 'lax', path: '/' } as const;

export function setCookie(res: Response, token: string, ttlS: number): void {
  res.removeHeader('set-cookie');
  res.cookie(name, token, { ...options, maxAge: ttlS * 1000 });
}

export function dropCookie(res: Response): void {
  res.removeHeader('set-cookie');
  res.clearCookie(name, options);
}

/** The value of the cookie that the client sent, or an empty string. */
export function readCookie(req: Request): string {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === name) return value ?? '';
  }
  return '';
}
