import { type Asked, ask } from './ask.ts';
import { emailOf } from './customers.ts';

/** Nobody else logs in with this account. */
export const victim = 399;

/** A try of the bot, with an address in X-Forwarded-For that it has made up. */
export function guess(url: string, n: number): Promise<Asked> {
  return ask(url, {
    method: 'POST',
    path: '/login',
    json: { email: emailOf(victim), password: `summer-${n}` },
    headers: { 'x-forwarded-for': `198.51.100.${n % 250}` },
  });
}
