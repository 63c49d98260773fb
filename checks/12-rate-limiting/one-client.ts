import type { Stage, Teaching } from '../harness/sdk/index.ts';
import { Client, type ClientOptions } from './client.ts';
import { type Limit, newAccount, newAddress } from './limits.ts';

const windowS = 60;

export const refusedTooEarly = {
  because:
    'This client has hardly asked, and is refused. It pays for somebody else’s requests, or for other requests of its own.',
  lookAt: 'which requests share a key in the store, and which of them belong together?',
};

type Who = Pick<ClientOptions, 'from' | 'token' | 'username' | 'headers'>;

/** Twelve requests that the app must count as one client’s. */
export async function mustBeOne(t: Stage, limit: Limit, who: Who, step: string, tooMany: Teaching): Promise<void> {
  const client = new Client(t, limit, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await client.asks(12);
  client.mustBeLimited(step, { tooMany: await trulyTooMany(t, client, limit, tooMany) });
}

/** An app that lets too many of anybody pass has no opinion on who is who. So it is asked by somebody who is always the same. */
export async function trulyTooMany(t: Stage, client: Client, limit: Limit, tooMany: Teaching): Promise<Teaching> {
  if (client.passed <= limit.most) return tooMany;
  const who = { from: newAddress(), username: newAccount() };
  const plain = new Client(t, limit, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await plain.asks(12);
  return plain.passed > limit.most ? ofAnybody : tooMany;
}

/** Whether too many pass of somebody at this address, too, who has sent no X-Forwarded-For of their own. */
export async function isNeverRefused(t: Stage, limit: Limit, address: string): Promise<boolean> {
  const who = { from: address, username: newAccount() };
  const plain = new Client(t, limit, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await plain.asks(limit.most + 2);
  return plain.passed > limit.most;
}

const ofAnybody = {
  because:
    'So many pass of any client, also of one that always looks the same. Nobody counts these requests, or each instance counts alone.',
  lookAt: 'where is the count kept, under which key, and who can read it there?',
};

/** As many requests as must pass, of a client that has not asked before. */
export async function mustPass(t: Stage, limit: Limit, who: Who, step: string): Promise<void> {
  const client = new Client(t, limit, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await client.asks(limit.atLeast);
  client.mustBeLimited(step, { tooMany: refusedTooEarly, tooFew: refusedTooEarly });
}
