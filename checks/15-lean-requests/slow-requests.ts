import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Teaching } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe } from './ask.ts';

const timeoutMs = 1_000;
const atMostTimes = 4;
/** Whoever does not answer at all, another question finds. */
const answerWithinMs = 5_000;
/** By the README, where nobody sets it. */
const defaultMs = 10_000;
/** A request that is as good as they come, and its answer is here before the slow one begins. */
const whole = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
/** How long the client rests between the two: hardly, and longer than a request may take. */
const rests = [100, 1.5 * timeoutMs];

export function slowRequestsBehaviour(behaviour: CheckDefinition['behaviour']): void {
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
        // The answer to these needs no body, and most apps give it before the body is there.
        [
          'the body of an order that is text',
          'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 9000\r\n\r\n',
        ],
        [
          'the body of an order that is too long',
          'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n',
        ],
        ['a body that nobody asked for', 'GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n'],
        ['a body to a route that is none', 'POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n'],
      ] as const;
      const later = rests.flatMap((restMs) => slow.slice(0, 3).map(([what, start]) => ({ what, start, restMs })));
      const byDefault = await t.startExtra({ env: { REDIS_URL: url } });
      const [held, heldLater, heldByDefaultMs] = await Promise.all([
        Promise.all(
          slow.map(async ([what, start]) => ({
            what,
            ms: await heldFor(app, start, timeoutMs, { chunked: what.endsWith('visitor') }),
          })),
        ),
        Promise.all(
          later.map(async ({ what, start, restMs }) => ({
            what: `${what}, ${restMs} ms after the answer to another request,`,
            ms: await heldFor(app, start, timeoutMs, { chunked: what.endsWith('visitor'), restMs }),
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
      for (const { what, ms } of heldLater) {
        t.trail.begin(`${what} a byte every 100 ms, with REQUEST_TIMEOUT_MS=${timeoutMs}`);
        t.atMost(`the connection that sends ${what} slowly`, ms, timeoutMs * atMostTimes, 'ms', notTheFirst);
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

const notTheFirst: Teaching = {
  because:
    'The connection is still open. Such a request is cut off if it is the first of its connection, and not if another one came whole before it. Connections are kept for many requests.',
  lookAt: 'who looks at the time of a request, from when on, and does anybody look at the next one of a connection?',
};

interface Manner {
  chunked?: boolean;
  /** Only after a whole request and its answer, and after so long a rest. */
  restMs?: number;
}

/**
 * How long the app bears a request that never ends: milliseconds, at most a little more than it may, and 0 if the connection
 * was closed before that request began.
 */
function heldFor(app: Instance, start: string, limitMs: number, { chunked, restMs }: Manner = {}): Promise<number> {
  const { hostname, port } = new URL(app.url);
  let startedAt: number | undefined;
  let drip: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
    const done = () => {
      clearInterval(drip);
      clearTimeout(timer);
      socket.destroy();
      resolve(startedAt === undefined ? 0 : performance.now() - startedAt);
    };
    const begin = () => {
      startedAt = performance.now();
      drip = setInterval(() => socket.write(chunked ? '1\r\n \r\n' : ' '), 100);
      timer = setTimeout(done, limitMs * atMostTimes + 1_000);
      socket.write(start);
    };
    // Not at an answer: whoever has it may go on sending.
    socket.resume().on('error', done).on('close', done);
    if (restMs === undefined) begin();
    else {
      timer = setTimeout(done, answerWithinMs);
      socket.once('data', () => {
        clearTimeout(timer);
        timer = setTimeout(begin, restMs);
      });
      socket.write(whole);
    }
  });
}
