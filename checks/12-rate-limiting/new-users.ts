import { createHmac } from 'node:crypto';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';
import { newAccount, newAddress, tokenOf, type Username } from './limits.ts';
import { noAnswer } from './sure.ts';

export interface User {
  name: string;
  token: string;
}

/** Whether the app takes a token of anybody, if it is signed as src/tokens.ts does it. */
const takesStrangers = new WeakMap<Stage, Promise<boolean>>();

/** As src/tokens.ts does it. */
export function signed(name: string): User {
  const text = Buffer.from(name).toString('base64url');
  const signature = createHmac('sha256', lesson.env?.TOKEN_SECRET ?? '').update(text);
  return { name, token: `${text}.${signature.digest('base64url')}` };
}

/**
 * Somebody who has never asked. By the contract a token is valid if `userOf` returns a user for it, and that asks for no account.
 * Of an app that writes its tokens in another way nobody else is known than its customers: then it is that one.
 */
export async function newUser(
  t: Stage,
  otherwise: Username,
  app: Instance = t.app(),
): Promise<User & { isNew: boolean }> {
  if (await canSign(t, app)) return { ...signed(newAccount()), isNew: true };
  return { name: otherwise, token: await tokenOf(t, otherwise, app), isNew: false };
}

/** Whether `signed` makes tokens of this app. */
export function canSign(t: Stage, app: Instance = t.app()): Promise<boolean> {
  const known = takesStrangers.get(t) ?? asks(t, app);
  takesStrangers.set(t, known);
  return known;
}

async function asks(t: Stage, app: Instance): Promise<boolean> {
  if ((await tokenOf(t, 'ada', app)) !== signed('ada').token) return false;
  const { length } = t.trail;
  const { token } = signed(newAccount());
  const headers = { 'x-forwarded-for': newAddress(), authorization: `Bearer ${token}` };
  const answer = await t.visitor({ at: app }).post('/exports', undefined, { headers, unanswered: noAnswer });
  t.trail.retell(length);
  return !answer.is(401);
}
