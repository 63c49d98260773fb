import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, inWords, jsonOf, order } from './ask.ts';

/** What a client may say of itself to be taken for somebody else. */
const forged: Record<string, string | string[]>[] = [
  {},
  { 'x-forwarded-for': '203.0.113.9' },
  { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' },
  { 'x-forwarded-for': ['203.0.113.9', '198.51.100.7'] },
  { 'x-forwarded-for': 'unknown' },
  { 'x-real-ip': '203.0.113.9' },
  { forwarded: 'for=203.0.113.9;proto=https;host=evil.example' },
  { 'x-forwarded-proto': 'https' },
  { 'x-forwarded-host': 'evil.example' },
  {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-port': '443',
    'x-client-ip': '203.0.113.9',
    'true-client-ip': '203.0.113.9',
  },
];

export const several = process.platform === 'linux';

export function clientBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'client',
    'Node knows the client’s address, protocol and host name, and nobody can forge them',
    {
      because:
        'Node sees a connection of nginx. What it knows of the client is what nginx says, and what nginx lets a client say.',
      lookAt:
        'which headers does nginx set, and which of them does it add to what the client has sent? What does the app trust?',
    },
    async (t) => {
      // Elsewhere than on Linux a machine has one such address only.
      for (const from of several ? ['127.0.0.1', '127.0.0.31', '127.0.0.77'] : ['127.0.0.1']) {
        for (const [n, headers] of forged.entries()) {
          const host = n % 2 ? 'encore.example' : 'tickets.encore.example';
          const reply = await ask(t.url, '/whoami', { from, headers: { host, ...headers } });
          const { address, protocol, host: seenHost } = jsonOf(reply) ?? {};
          const said = Object.entries(headers).map(([name, value]) => `${name}: ${[value].flat().join(' | ')}`);
          t.require(reply.status === 200 && plain(address) === from && protocol === 'http' && seenHost === host, {
            step: `GET /whoami from ${from}, Host: ${host}${said.length > 0 ? `, with ${said.join('; ')}` : ''}`,
            expected: `${from}, http, ${host}`,
            seen: reply.status === 200 ? `${address}, ${protocol}, ${seenHost}` : inWords(reply),
          });
        }
      }
      const { method, headers, body } = order();
      const placed = await ask(t.url, '/orders', {
        method,
        body,
        headers: { ...headers, host: 'encore.example', 'x-forwarded-host': 'evil.example' },
      });
      t.require(placed.headers.location?.startsWith('http://encore.example/orders/'), {
        step: 'POST /orders, Host: encore.example',
        expected: 'Location: http://encore.example/orders/…',
        seen: `${inWords(placed)}, Location: ${placed.headers.location ?? 'none'}`,
        because:
          'The link in the answer is made of what nginx says of the client’s request. Customers can’t follow this one.',
      });
    },
  );
}

/** IPv4 inside of IPv6 is the same address. */
const plain = (address: unknown) => String(address).replace(/^::ffff:/, '');
