import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach } from 'vitest';
import { askedHeader } from '../../harness/net/cache-status.ts';
import { type Cdn, startCdn } from '../../harness/services/cdn/cdn.ts';

export interface Says {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string;
}

let numbers = 0;
let says: (headers: IncomingHttpHeaders) => Says;
/** What the shop was asked. */
export let asked: { method: string; headers: IncomingHttpHeaders }[] = [];
export let cdn: Cdn;

export const shop = createServer((incoming, outgoing) => {
  asked.push({ method: incoming.method ?? '', headers: incoming.headers });
  const { status = 200, headers = {}, body = 'body' } = says(incoming.headers);
  outgoing.writeHead(status, headers).end(status === 304 ? undefined : body);
});

beforeEach(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  cdn = await startCdn({ port: (shop.address() as AddressInfo).port });
  asked = [];
});

afterEach(async () => {
  await cdn[Symbol.asyncDispose]();
  shop.closeAllConnections();
  await new Promise((resolve) => shop.close(resolve));
});

/** What the shop says from now on, by what it is asked. */
export function shopAnswers(answer: typeof says): void {
  says = answer;
}

/** The shop says the same from now on. */
export function shopSays(control: string | undefined, rest: Says = {}): void {
  const headers = { ...(control === undefined ? {} : { 'cache-control': control }), ...rest.headers };
  says = () => ({ ...rest, headers });
}

export async function ask(headers: Record<string, string> = {}, method = 'GET', path = '/') {
  const number = String(++numbers);
  const outgoing = send(cdn.url + path, { method, headers: { ...headers, [askedHeader]: number } }).end();
  const incoming = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    outgoing.once('response', resolve).once('error', reject),
  );
  const body = await text(incoming);
  const verdict = cdn.verdictOn(number);
  if (!verdict) throw new Error('the CDN says nothing');
  return { status: incoming.statusCode, headers: incoming.headers, body, verdict, served: verdict.served };
}

/** What two visitors get one after the other. */
export async function twice(headers: Record<string, string> = {}) {
  const first = await ask(headers);
  return { first: first.verdict, second: (await ask(headers)).verdict };
}
