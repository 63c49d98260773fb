import { once } from 'node:events';
import { connect } from 'node:net';

/** What a client sends before it goes away, and how it goes: an orderly end, a reset, or after the answer. */
interface BrokenRequest {
  what: string;
  sends: (string | Buffer)[];
  leaves: 'end' | 'reset' | 'after-answer';
}

const half = '{"priceCents":';
const put = (headers: string, body = '') => `PUT /events/7 HTTP/1.1\r\nhost: a\r\n${headers}\r\n${body}`;
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${headers}\r\n`;

/** Beginnings of requests; each is tried with each way to leave. */
const beginnings: [what: string, ...sends: (string | Buffer)[]][] = [
  ['nothing'],
  ['half a request line', 'GET /eve'],
  ['half of its headers', 'PUT /events/7 HTTP/1.1\r\nhost: a\r\ncontent-le'],
  ['half of a body', put('content-length: 1000\r\n', half)],
  ['half of a chunked body', put('transfer-encoding: chunked\r\n', `e\r\n${half}\r\n5\r\nab`)],
  ['a chunk without a length', put('transfer-encoding: chunked\r\n', 'zz\r\nabc\r\n')],
  ['a body that is no JSON', put('content-length: 14\r\n', half)],
  ['the promise of a body', put('content-length: 1000\r\nexpect: 100-continue\r\n')],
  ['two lengths', put('content-length: 3\r\ntransfer-encoding: chunked\r\n', 'abc')],
  ['100 kB of headers', get('/events/7', `x-long: ${'x'.repeat(100_000)}\r\n`)],
  ['10,000 headers', get('/events/7', 'a: b\r\n'.repeat(10_000))],
  ['a NUL in a header', get('/events/7', 'x: a\0b\r\n')],
  ['bytes above 127', Buffer.from('474554202f6576ff80fe20485454502f312e310d0a0d0a', 'hex')],
  ['a path without an end', get('//')],
  ['a path that is an address', get('http://[::1')],
  ['a broken escape', get('/events/%E0%A4%A')],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['an upgrade', get('/events/7', 'connection: upgrade\r\nupgrade: websocket\r\n')],
  ['a method of its own', 'BREW /pot HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['an old version', 'GET /events/7 HTTP/0.9\r\n\r\n'],
  ['the greeting of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
  ['noise', Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 167 + (n >> 3)) % 256))],
  ['an empty line and a brace', '\r\n\r\n{\n}\n'],
  ['JSON of another kind', '{"app":{},"pid":"x"}\nnull\n7\n{"id":1,"answer":{}}\n'],
  ['a good request', get('/events/7')],
  ['a good one, and half of the next', get('/events/7'), 'GET /ev'],
  ['two hundred at once', get('/events/7').repeat(200)],
  ['a command for somebody else', 'POST /change HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n{'],
  ['a list where an object belongs', 'POST /change HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nnull'],
  ['a name that every object has', 'POST /constructor HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nnull'],
  ['a session to take over', get('/events/7', 'x-encore-pin: 99\r\n')],
  ['a pin of another kind', get('/events/7', 'x-encore-pin: -1e9\r\n')],
  ['a condition without an end', get('/events/7', 'if-none-match: "\r\ncache-control: max-age=\r\n')],
];

/** More than a hundred requests as no right client sends them. */
export const brokenRequests: BrokenRequest[] = beginnings.flatMap(([what, ...sends]) =>
  (['end', 'reset', 'after-answer'] as const).map((leaves) => ({ what, sends, leaves })),
);

/** Sends each of them on a connection of its own, twenty at a time, and resolves when all those are closed. */
export async function sendBroken(port: number): Promise<void> {
  const queue = brokenRequests.values();
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (const request of queue) await sendOne(port, request);
    }),
  );
}

async function sendOne(port: number, { sends, leaves }: BrokenRequest): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {}); // Being turned away is a right answer.
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const answered = new Promise<void>((resolve) => socket.on('data', () => resolve()));
  await once(socket, 'connect');
  for (const part of sends) await new Promise((resolve) => socket.write(part, resolve));
  // Most services wait for the rest of half a request, and would answer never.
  if (leaves === 'after-answer') await Promise.race([answered, closed, quiet(100)]);
  if (leaves === 'reset') socket.resetAndDestroy();
  else socket.end();
  await Promise.race([closed, quiet(200)]);
  socket.destroy();
}

const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
