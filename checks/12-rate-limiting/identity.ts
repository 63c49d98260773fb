import { createHmac } from 'node:crypto';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustKnowAddresses } from './addresses.ts';
import { Client } from './client.ts';
import { failedLogins, newAccount, newAddress, reads, untilCounting } from './limits.ts';
import { longNames, othersThan, shown, twoForms } from './names.ts';
import { canSign, newUser, signed } from './new-users.ts';
import { mustBeOne, mustPass, refusedTooEarly } from './one-client.ts';
import { untilSure } from './sure.ts';

const windowS = 60;

export function identityBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'users',
    'who has a valid token is counted as that user, everybody else by address',
    refusedTooEarly,
    async (t) => {
      await untilCounting(t, t.app(1), t.app(2));
      await untilSure(t, () => mustKnowUsers(t));
      await untilSure(t, () => mustNotBelieve(t));
      await untilSure(t, () => mustKnowEachToken(t));
      await untilSure(t, () => mustTellNamesApart(t));
    },
  );

  behaviour(
    'addresses',
    'the address is the one that the balancer has seen, and an IPv6 /64 is one address',
    refusedTooEarly,
    async (t) => {
      await untilCounting(t, t.app(1), t.app(2));
      await mustKnowAddresses(t, reads);
    },
  );
}

/** One user from three addresses, and who else comes from one of these. */
async function mustKnowUsers(t: Stage): Promise<void> {
  const [ada, grace] = [await newUser(t, 'ada'), await newUser(t, 'grace')];
  await t.redis.clear();
  const addresses = [newAddress(), newAddress(), newAddress()];
  const roaming = { from: (n: number) => addresses[n % 3] ?? '', token: ada.token };
  await mustBeOne(t, reads, roaming, '12 reads with one user’s token, from three addresses in turn', {
    because:
      'One user counts as several clients, by address or by how the token is written. Whoever has three of either gets three times ten.',
    lookAt: 'what is the key of a request with a valid token?',
  });
  const from = addresses[0] ?? '';
  await mustPass(t, reads, { from }, '8 reads without a token, from one of these addresses');
  await mustPass(t, reads, { from, token: grace.token }, '8 reads with another user’s token, from the same address');
}

async function mustNotBelieve(t: Stage): Promise<void> {
  const { token } = await newUser(t, 'margaret');
  await t.redis.clear();
  const forged = { from: newAddress(), token: (n: number) => forgedOf(token, n) };
  await mustBeOne(t, reads, forged, '12 reads with tokens that nobody has signed, from one address', {
    because:
      'Whoever makes up a token is a new client each time. What a token says is known only once its signature is checked.',
    lookAt: 'what is the key of a request whose token is not valid?',
  });
  await mustPass(t, reads, { from: newAddress(), token }, '8 reads of the user whose name was in them');
}

/** `userOf` takes each of them. */
async function mustKnowEachToken(t: Stage): Promise<void> {
  for (const [how, writtenAs] of [
    ['something behind it', (token: string, n: number) => `${token}.${n}`],
    ['more “=” at its end', (token: string, n: number) => `${token}${'='.repeat(n)}`],
  ] as const) {
    const { token } = await newUser(t, 'ada');
    await t.redis.clear();
    const varied = { from: newAddress(), token: (n: number) => writtenAs(token, n) };
    await mustBeOne(t, reads, varied, `12 reads with one user’s token and ${how}, each time something else`, {
      because: 'The text of the token is the key. One user can write one token in many ways, and each is a new client.',
      lookAt: 'what of a valid token is the same, however it is written?',
    });
  }
}

/** Users whose names are easily taken for each other, or for an address. */
async function mustTellNamesApart(t: Stage): Promise<void> {
  if (!(await canSign(t))) return;
  const name = newAccount();
  const address = newAddress();
  const [long, longToo] = longNames(name);
  const [form, formToo] = twoForms(name);
  const pairs = [
    ...othersThan(name).map((other) => [name, other]),
    [long, longToo],
    [form, formToo],
    [address, address],
  ];
  const apps = [t.app(1), t.app(2)];
  for (const used of [name, long, form])
    await new Client(t, reads, { apps, from: newAddress(), token: signed(used).token, windowS }).asks(reads.most);
  await new Client(t, reads, { apps, from: address, windowS }).asks(reads.most);
  for (const [used = '', other = ''] of pairs) {
    const who = used === other ? `the address ${used}` : `a user called “${shown(used)}”`;
    const step = `10 reads of ${who}, and 8 of a user called “${shown(other)}”`;
    await mustPass(t, reads, { from: newAddress(), token: signed(other).token }, step);
  }
}

export function loginAddressesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour('login-addresses', 'for failed logins an address is the same', refusedTooEarly, (t) =>
    mustKnowAddresses(t, failedLogins),
  );
}

/**
 * Right in form, and not signed by the app: of that user, or of somebody who does not exist, or with the secret that stands in
 * src/server.ts for everybody to read.
 */
export function forgedOf(token: string, n: number): string {
  const name = Buffer.from(newAccount()).toString('base64url');
  if (n % 3 === 1) return `${name}.${token.split('.').at(-1)}`;
  if (n % 3 === 2) return `${name}.${createHmac('sha256', 'only for development').update(name).digest('base64url')}`;
  const at = token.length - 8 - n;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}
