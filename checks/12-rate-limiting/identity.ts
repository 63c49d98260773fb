import type { CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { Client, type ClientOptions } from './client.ts';
import { refusedTooEarly } from './counting.ts';
import { failedLogins, type Limit, newAccount, newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { untilSure } from './sure.ts';

const windowS = 60;

export function identityBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'users',
    'who has a valid token is counted as that user, everybody else by address',
    refusedTooEarly,
    async (t) => {
      const apps = [t.app(1), t.app(2)];
      await untilCounting(t, ...apps);
      const [ada, grace, margaret] = [await tokenOf(t, 'ada'), await tokenOf(t, 'grace'), await tokenOf(t, 'margaret')];
      await untilSure(t, async () => {
        await t.redis.clear();
        const addresses = [newAddress(), newAddress(), newAddress()];
        const roaming = { from: (n: number) => addresses[n % 3] ?? '', token: ada };
        await mustBeOne(t, reads, roaming, '12 reads with ada’s token, from three addresses in turn', {
          because: 'A user is counted by address. Whoever has three addresses gets three times ten.',
          lookAt: 'what is the key of a request with a valid token?',
        });
        const from = addresses[0] ?? '';
        await mustPass(t, reads, { from }, '8 reads without a token, from one of these addresses');
        await mustPass(t, reads, { from, token: grace }, '8 reads with grace’s token, from the same address');
      });
      await untilSure(t, async () => {
        await t.redis.clear();
        const forged = { from: newAddress(), token: (n: number) => forgedOf(margaret, n) };
        await mustBeOne(t, reads, forged, '12 reads with tokens that nobody has signed, from one address', {
          because:
            'Whoever makes up a token is a new client each time. What a token says is known only once its signature is checked.',
          lookAt: 'what is the key of a request whose token is not valid?',
        });
        await mustPass(
          t,
          reads,
          { from: newAddress(), token: margaret },
          '8 reads of margaret, whose name was in them',
        );
      });
      await untilSure(t, async () => {
        await new Client(t, reads, { apps, from: newAddress(), token: ada, windowS }).asks(10);
        const varied = { from: newAddress(), token: (n: number) => `${ada}.${n}` };
        return mustBeOne(
          t,
          reads,
          varied,
          '12 reads with ada’s token and something behind it, each time something else',
          {
            because:
              'The text of the token is the key. One user can write one token in many ways, and each is a new client.',
            lookAt: 'what of a valid token is the same, however it is written?',
          },
        );
      });
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

export function loginAddressesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour('login-addresses', 'for failed logins an address is the same', refusedTooEarly, (t) =>
    mustKnowAddresses(t, failedLogins),
  );
}

async function mustKnowAddresses(t: Stage, limit: Limit): Promise<void> {
  const username = newAccount();
  const one = (from: ClientOptions['from'], step: string, teaching: Teaching) =>
    untilSure(t, () => mustBeOne(t, limit, { from, username }, `${limit.what}: ${step}`, teaching));
  const another = (from: string, step: string) =>
    untilSure(t, () => mustPass(t, limit, { from, username }, `${limit.what} from ${from}: ${step}`));
  const client = newAddress();
  const victim = newAddress();
  await one(
    (n) => `${n % 2 ? victim : `198.51.100.${n}`}, ${client}`,
    `X-Forwarded-For: …, ${client}, each time with something else at …`,
    {
      because:
        'The app believes an address that the client has made up. Each proxy appends the address that it has seen to X-Forwarded-For. Only the last entry is our balancer’s, and everything left of it came from outside.',
      lookAt: 'how many proxies does `trust proxy` trust, and which entry is then req.ip?',
    },
  );
  await another(victim, 'an address that somebody else had put into X-Forwarded-For');
  await one(
    (n) => `2001:db8:${limit.most}:1${hostParts[n % hostParts.length]}`,
    `from 12 addresses of 2001:db8:${limit.most}:1::/64`,
    sameSubnet,
  );
  await another(`2001:db8:${limit.most}:2::1`, 'the neighbouring /64');
  await one(
    (n) => shortForms[n % shortForms.length] ?? '',
    'from 12 addresses of 2001:db8::/64, in short and in long form',
    sameSubnet,
  );
  await another(`2001:db8:0:1::${limit.most}`, 'another /64');
  const mapped = newAddress();
  await one((n) => (n % 2 ? mapped : `::ffff:${mapped}`), `from ${mapped} and from ::ffff:${mapped}`, {
    because:
      'A server that listens on IPv6 writes IPv4 addresses as ::ffff:203.0.113.7. Both forms are the same client.',
    lookAt: 'which forms can one address come in, and what is the key of each?',
  });
  await another(`::ffff:${newAddress()}`, 'an IPv4 address in the form of IPv6, which is no /64');
}

const sameSubnet = {
  because:
    'Each IPv6 customer has a whole /64: 2⁶⁴ addresses. If every one of them is a client, the customer has no limit.',
  lookAt: 'which part of an IPv6 address is the same for all that a customer has, in each way to write it?',
};

const hostParts = [
  '::1',
  '::2',
  ':ffff::',
  ':1:2:3:4',
  ':A:B:C:D',
  '::dead:beef',
  ':0:0:0:9',
  '::7:0',
  ':8::',
  ':8::1',
  '::1:0:1',
  ':1::',
];
const shortForms = [
  '2001:db8::1',
  '2001:db8::2',
  '2001:0db8::3',
  '2001:DB8::4',
  '2001:db8:0:0:1::',
  '2001:db8::1:0:0:1',
  '2001:db8:0:0:a:b:c:d',
  '2001:db8::ffff:0:0:9',
  '2001:0db8:0000:0000:0000:0000:0000:000a',
  '2001:db8:0::b',
  '2001:db8::c:0',
  '2001:db8::8:0:0:0',
];

/** Right in form, and not signed by the app: of that user, or of somebody who does not exist. */
function forgedOf(token: string, n: number): string {
  if (n % 2) return `${Buffer.from(newAccount()).toString('base64url')}.${token.split('.').at(-1)}`;
  const at = token.length - 8 - n;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

type Who = Pick<ClientOptions, 'from' | 'token' | 'username'>;

/** Twelve requests that the app must count as one client’s. */
async function mustBeOne(t: Stage, limit: Limit, who: Who, step: string, tooMany: Teaching): Promise<void> {
  const client = new Client(t, limit, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await client.asks(12);
  client.mustBeLimited(step, { tooMany });
}

/** As many requests as must pass, of a client that has not asked before. */
async function mustPass(t: Stage, limit: Limit, who: Who, step: string): Promise<void> {
  const client = new Client(t, limit, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await client.asks(limit.atLeast);
  client.mustBeLimited(step, { tooMany: refusedTooEarly, tooFew: refusedTooEarly });
}
