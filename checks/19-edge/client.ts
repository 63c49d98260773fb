import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, jsonOf, order } from './ask.ts';
import { everyForgery, forgeries } from './forged.ts';
import { askHttp10 } from './http10.ts';

type Headers = Record<string, string | string[]>;

export const several = process.platform === 'linux';

const hosts = ['tickets.encore.example', 'encore.example'] as const;

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
      const [near, ...others] = several ? ['127.0.0.1', '127.0.0.31', '127.0.0.77'] : ['127.0.0.1'];
      for (const [n, headers] of forgeries.entries())
        await mustBeKnown(t, String(near), hosts[n % 2] ?? hosts[0], headers);
      for (const from of others)
        for (const headers of [{}, { 'x-forwarded-for': '203.0.113.9' }, everyForgery])
          await mustBeKnown(t, from, hosts[0], headers);
      for (const headers of [{}, everyForgery]) {
        const { status, text } = await askHttp10(t.url, '/whoami', { host: hosts[1], ...headers });
        const reply = { status, headers: {}, body: Buffer.from(text) };
        judge(t, reply, `GET /whoami over HTTP/1.0, Host: ${hosts[1]}${said(headers)}`, String(near), hosts[1]);
      }
      const { method, headers, body } = order();
      for (const [n, host] of hosts.entries()) {
        const extra = n === 0 ? everyForgery : { 'x-forwarded-host': 'evil.example' };
        const placed = await ask(t.url, '/orders', { method, body, headers: { ...extra, ...headers, host } });
        t.require(placed.headers.location?.startsWith(`http://${host}/orders/`), {
          step: `POST /orders, Host: ${host}${said(extra)}`,
          expected: `Location: http://${host}/orders/…`,
          seen: `${inWords(placed)}, Location: ${placed.headers.location ?? 'none'}`,
          because:
            'The link in the answer is made of what nginx says of the client’s request. Customers can’t follow this one.',
        });
      }
    },
  );
}

async function mustBeKnown(t: Stage, from: string, host: string, headers: Headers): Promise<void> {
  const reply = await ask(t.url, '/whoami', { from, headers: { host, ...headers } });
  judge(t, reply, `GET /whoami from ${from}, Host: ${host}${said(headers)}`, from, host);
}

function judge(t: Stage, reply: Awaited<ReturnType<typeof ask>>, step: string, from: string, host: string): void {
  const { address, protocol, host: seenHost } = jsonOf(reply) ?? {};
  t.require(reply.status === 200 && plain(address) === from && protocol === 'http' && seenHost === host, {
    step,
    expected: `${from}, http, ${host}`,
    seen: reply.status === 200 ? `${address}, ${protocol}, ${seenHost}` : inWords(reply),
  });
}

function said(headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${[value].flat().join(' | ')}`);
  if (lines.length > 3) return `, with ${lines.length} headers that speak of another client`;
  return lines.length > 0 ? `, with ${lines.join('; ')}` : '';
}

/** IPv4 inside of IPv6 is the same address. */
const plain = (address: unknown) => String(address).replace(/^::ffff:/, '');
