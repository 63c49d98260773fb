import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe } from './ask.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** What is no UTF-8: another encoding, what is cut off, too long, half a pair, above the last character, a stray byte. */
const noUtf8 = [
  'Zo\xeb',
  'A\xf0\x9f',
  '\xc0\xaf',
  '\xe0\x80\xaf',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '\x80',
  '\xff\xfe',
];
const utf8 = ['Zoë', 'Łódź', '🎸', '日本', '\ufffd', "a'b"];

const timeoutMs = 1_000;
const atMostTimes = 4;
/** By the README, where nobody sets it. */
const defaultMs = 10_000;

export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'utf8',
    'a body that is no UTF-8 is 400, and one that is stays as it was',
    {
      because:
        'The parser has put U+FFFD in the place of bytes that it cannot read. The name is kept, and it is not the one that was sent.',
      lookAt: 'who turns the bytes into text, and can it be told to refuse what it cannot read?',
    },
    async (t) => {
      const app = t.app();
      for (const name of noUtf8)
        for (const [path, body] of [
          ['/visitors', `{"name":"${name}"}`],
          ['/visitors', `{"name":"Ada","${name}":1}`],
          ['/orders', `{"show":"${name}","seats":1}`],
        ] as const) {
          t.trail.begin();
          const bytes = latin1(body);
          const what = `with the bytes ${Buffer.from(name, 'latin1').toString('hex')}, which are no UTF-8`;
          mustBe(t, await ask(t, app, 'POST', path, { body: bytes, headers: jsonType, what }), 400);
        }
      for (const name of utf8) {
        t.trail.begin();
        const reply = await ask(t, app, 'POST', '/visitors', { body: { name } });
        mustBe(t, reply, 201);
        t.require(reply.json?.name === name, { expected: name, seen: String(reply.json?.name) });
      }
    },
    { further: true },
  );

  behaviour(
    'slow-requests',
    'a request that does not arrive within REQUEST_TIMEOUT_MS is cut off',
    {
      because:
        'The connection is still open. A client that sends a byte now and then holds it, and a thousand of them cost it nothing.',
      lookAt:
        'which timeouts does the server of node:http have, how often does it look at them, and which of them does each byte start anew?',
    },
    async (t) => {
      // By a way of its own: another behaviour counts what Redis replies.
      const { url } = await t.redis.openDoor();
      const app = await t.startExtra({ env: { REQUEST_TIMEOUT_MS: String(timeoutMs), REDIS_URL: url } });
      const slow = [
        ['its headers', 'GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: '],
        [
          'the body of an order',
          'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n',
        ],
        [
          'the body of a visitor',
          'POST /visitors HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        ],
      ] as const;
      const byDefault = await t.startExtra({ env: { REDIS_URL: url } });
      const [held, heldByDefaultMs] = await Promise.all([
        Promise.all(
          slow.map(async ([what, start]) => ({
            what,
            ms: await heldFor(app, start, timeoutMs, what.endsWith('visitor')),
          })),
        ),
        heldFor(byDefault, slow[0][1], defaultMs),
        (async () => {
          const late = delay(timeoutMs / 3);
          const body = { name: 'Grace' };
          mustBe(t, await ask(t, app, 'POST', '/visitors', { body, headers: jsonType, lastByte: late }), 201, {
            because: 'This request took a third of REQUEST_TIMEOUT_MS, and was cut off.',
          });
          // A connection that is kept is no request that is late.
          mustBe(t, await ask(t, app, 'GET', '/health'), 200);
        })(),
      ]);
      for (const { what, ms } of held) {
        t.trail.begin(`${what}, a byte every 100 ms, with REQUEST_TIMEOUT_MS=${timeoutMs}`);
        t.atMost(`the connection that sends ${what} slowly`, ms, timeoutMs * atMostTimes, 'ms');
      }
      t.trail.begin(`${slow[0][0]}, a byte every 100 ms, without REQUEST_TIMEOUT_MS`);
      t.require(heldByDefaultMs >= defaultMs && heldByDefaultMs <= defaultMs * atMostTimes, {
        expected: `cut off after ${defaultMs / 1_000} s, at the latest after ${(defaultMs / 1_000) * atMostTimes} s`,
        seen:
          heldByDefaultMs > defaultMs * atMostTimes
            ? 'still open'
            : `cut off after ${(heldByDefaultMs / 1_000).toFixed(1)} s`,
        because: 'Nobody has set REQUEST_TIMEOUT_MS, and the limit is another than the README’s, or there is none.',
        lookAt: 'what becomes of the limit where the variable is not set?',
      });
    },
    { further: true, background: true, limitMs: 60_000 },
  );
}

/** How long the app bears a request that never ends: milliseconds, at most a little more than it may. */
function heldFor(app: Instance, start: string, limitMs: number, chunked = false): Promise<number> {
  const { hostname, port } = new URL(app.url);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
    const drip = setInterval(() => socket.write(chunked ? '1\r\n \r\n' : ' '), 100);
    const done = () => {
      clearInterval(drip);
      clearTimeout(timer);
      socket.destroy();
      resolve(performance.now() - startedAt);
    };
    const timer = setTimeout(done, limitMs * atMostTimes + 1_000);
    socket.on('data', done).on('error', done).on('close', done);
    socket.write(start);
  });
}
