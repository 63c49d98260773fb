import type { Stage, Teaching } from '../harness/sdk/index.ts';
import { Client, type ClientOptions } from './client.ts';
import { type Limit, newAccount, newAddress } from './limits.ts';
import { isNeverRefused, mustBeOne, mustPass, trulyTooMany } from './one-client.ts';
import { sameSubnet, subnetsOf } from './subnets.ts';
import { untilSure } from './sure.ts';
import { together } from './together.ts';

const windowS = 60;

/** What counts as one address, and what does not. */
export async function mustKnowAddresses(t: Stage, limit: Limit): Promise<void> {
  const username = newAccount();
  const one = (
    who: Pick<ClientOptions, 'from' | 'headers'> | ClientOptions['from'],
    step: string,
    teaching: Teaching,
  ): Promise<void> => {
    const of = typeof who === 'object' ? who : { from: who };
    return untilSure(t, () => mustBeOne(t, limit, { ...of, username }, `${limit.what}: ${step}`, teaching));
  };
  /** Each attempt is made by somebody who has not asked before. */
  const another = (addressOf: (attempt: number) => string, step: string) =>
    untilSure(t, (attempt) => {
      const from = addressOf(attempt);
      return mustPass(t, limit, { from, username }, `${limit.what} from ${from}: ${step}`);
    });
  const client = newAddress();
  const victim = newAddress();
  await one(
    (n) => `${n % 2 ? victim : invented[n / 2]}, ${client}`,
    `X-Forwarded-For: …, ${client}, each time with something else at …`,
    {
      because:
        'The app believes an address that the client has made up. Each proxy appends the address that it has seen to X-Forwarded-For. Only the last entry is our balancer’s, and everything left of it came from outside.',
      lookAt: 'how many proxies does `trust proxy` trust, and which entry is then req.ip?',
    },
  );
  await another(
    (attempt) => (attempt === 1 ? victim : newAddress()),
    'an address that somebody else had put into X-Forwarded-For',
  );
  await untilSure(t, () => mustTakeNoClientForAProxy(t, limit));
  await one(
    { from: newAddress(), headers: otherEachTime },
    `from one address, with ${otherHeaders.join(', ')}, each time with something else in them`,
    {
      because: 'The app believes a header that our balancer does not write. Whoever sends it writes what they like.',
      lookAt: 'which headers does the app, or a package, ask for the address?',
    },
  );
  for (const { subnet, address } of subnetsOf(limit)) await one(address, `from 12 addresses of ${subnet}`, sameSubnet);
  await another((attempt) => `2001:db8:${limit.most}:${attempt === 1 ? 2 : attempt + 2}::1`, 'the neighbouring /64');
  await another((attempt) => `2001:db8:0:${attempt}::${limit.most}`, 'another /64');
  await another((attempt) => `2a00::${attempt + 1}:a:b:c:d`, 'the neighbouring /64, whose “::” stands before its end');
  const mapped = newAddress();
  await one((n) => (n % 2 ? mapped : `::ffff:${mapped}`), `from ${mapped} and from ::ffff:${mapped}`, {
    because:
      'A server that listens on IPv6 writes IPv4 addresses as ::ffff:203.0.113.7. Both forms are the same client.',
    lookAt: 'which forms can one address come in, and what is the key of each?',
  });
  await another(() => `::ffff:${newAddress()}`, 'an IPv4 address in the form of IPv6, which is no /64');
}

/** Of each range that is often taken for one's own network, all at once. */
async function mustTakeNoClientForAProxy(t: Stage, limit: Limit): Promise<void> {
  const clients = privateAddresses.map((address, index) => {
    // No two of them invent the same address, or an app that believes them would count these together.
    const from = (n: number) => `${n % 2 ? `10.11.${index}.${n}` : `198.51.${index}.${n}`}, ${address}`;
    const apps = [t.app(1), t.app(2)];
    return { address, client: new Client(t, limit, { apps, from, username: newAccount(), windowS }) };
  });
  await together(clients.map(({ client }) => client.asks(limit.most + 2)));
  for (const { address, client } of clients) {
    const isLimited = client.passed <= limit.most || !(await isNeverRefused(t, limit, address));
    const tooMany = isLimited ? takenForAProxy(address) : withoutLimit(address);
    client.mustBeLimited(
      `${limit.what}: X-Forwarded-For: …, ${address}, ${limit.most + 2} times, each time with something else at …`,
      { tooMany: await trulyTooMany(t, client, limit, tooMany) },
    );
  }
}

function takenForAProxy(address: string): Teaching {
  return {
    because: `The balancer has seen a client at ${address}. The app takes this client for one more proxy, because of its address, and believes what stands left of it. Clients have such addresses, too: a colleague, another service, or curl on the balancer’s own machine.`,
    lookAt: 'does `trust proxy` say how many proxies there are, or only what their addresses may look like?',
  };
}

function withoutLimit(address: string): Teaching {
  return {
    because: `A client at ${address} has no limit, whatever stands left of its address, and also if nothing does. By the contract the address may be a private one, or 127.0.0.1: it counts, and is refused, like any other.`,
    lookAt: 'which addresses does the app make an exception for, and before or after it counts?',
  };
}

/**
 * Loopback, private, carrier, and link-local ranges, at both of their ends where they have some. Loopback, too: the balancer of
 * the README's loops has seen 127.0.0.1, and the invented addresses stand left of it.
 */
const privateAddresses = [
  '127.0.0.1',
  '::1',
  '10.0.0.7',
  '172.16.0.9',
  '172.31.255.9',
  '192.168.1.20',
  '169.254.7.1',
  '100.64.0.1',
  '::ffff:10.0.0.8',
  'fe80::7',
  'fc00::7',
  'fdff:0:0:1::7',
];

/** What a client may write where an address belongs. The balancer appends to it, whatever it is. */
const invented = ['198.51.100.1', 'unknown', '', '198.51.100.2:8080', '"ada, at home"', '10.0.0.1,10.0.0.2,10.0.0.3'];

/** What packages that look for the address ask for, and what a browser tells of itself. */
const otherHeaders = [
  'x-real-ip',
  'x-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
  'forwarded',
  'user-agent',
  'accept-language',
  'cookie',
  'origin',
  'x-api-key',
];

/** For the n-th request. */
export const otherEachTime = (n: number) => Object.fromEntries(otherHeaders.map((name) => [name, madeUp(n)]));

function madeUp(n: number): string {
  return `198.51.100.${n}`;
}
