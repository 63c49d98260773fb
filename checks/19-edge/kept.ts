import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask, inTurns, type Question } from './ask.ts';
import { askHttp10 } from './http10.ts';
import { newGets } from './new-gets.ts';

const mostConnections = 20;
/** More than that, should each open one. */
const orders = 24;
const orderEveryMs = 110;
/** It reaches Node, and sells nothing. */
const noOrder: Question = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"event":"none"}',
};

/** What clients say of their own connection to nginx, and keep it. */
const ofOwnConnection: Record<string, string>[] = [
  {},
  { connection: 'Upgrade', upgrade: 'websocket' },
  { connection: 'keep-alive', 'keep-alive': 'timeout=1, max=1' },
  { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' },
  { connection: 'TE', te: 'trailers' },
];

/** Those who close it behind each answer. */
const closing = [
  {
    how: 'say Connection: close',
    get: (url: string, path: string) => ask(url, path, { headers: { connection: 'close' } }),
  },
  { how: 'speak HTTP/1.0', get: (url: string, path: string) => askHttp10(url, path, { host: 'encore.example' }) },
];

/**
 * One after the other, they come to any worker of nginx, and each worker keeps connections of its own to both instances. Half
 * of these are twice as many as that.
 */
const closingRequests = Math.max(60, 8 * availableParallelism());

export function keptBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'kept',
    `500 requests to Node open at most ${mostConnections} connections`,
    {
      because:
        'A connection to Node is opened for each request or for a few, and closed again. Each costs a handshake and an accept in the event loop.',
      lookAt:
        'what does nginx send to the app as its HTTP version and its Connection header, how many idle connections may the upstream keep, and after how many requests does either side close one?',
    },
    async (t) => {
      const opened = await askFiveHundred(t);
      t.step(`500 requests by 4 clients and ${orders} orders, of which ${t.nginx.seen().length} reached Node`);
      t.require(t.nginx.seen().length >= 200, {
        expected: 'requests that differ to reach Node',
        seen: `${t.nginx.seen().length} of 500 did`,
        because: 'nginx answered what it had not asked for yet.',
        lookAt: 'what does nginx keep, and by which key?',
      });
      t.atMost('connections that nginx opened to Node', opened, mostConnections, '');
      for (const { how, get } of closing) await mustNotClose(t, how, get);
    },
  );
}

async function mustNotClose(
  t: Stage,
  how: string,
  get: (url: string, path: string) => Promise<unknown>,
): Promise<void> {
  const before = t.nginx.connections().soFar;
  for (let n = 0; n < closingRequests; n++) {
    const paths = newGets();
    await get(t.url, String(paths[n % paths.length]));
  }
  const opened = t.nginx.connections().soFar - before;
  const most = closingRequests / 2;
  t.require(opened <= most, {
    step: `${closingRequests} GETs, one after the other, of clients that ${how}`,
    expected: `at most ${most} connections that nginx opens to Node`,
    seen: `${opened}`,
    because:
      'These clients end their own connection to nginx. The one from nginx to Node is another, and it was opened anew for them.',
    lookAt: 'what does nginx send to Node as Connection: its own word, or that of the client?',
  });
}

/** Orders too, one after the other: an edge may allow an address ten a second. */
async function orderSlowly(t: Stage): Promise<void> {
  await inTurns(1, orders, async (_, agent) => {
    await ask(t.url, '/orders', { ...noOrder, agent });
    await delay(orderEveryMs);
  });
}

/**
 * How many connections 500 requests open. Where a machine made an answer late, nginx closes its connection, and leaves that
 * instance alone for ten seconds: then all are asked again.
 */
async function askFiveHundred(t: Stage): Promise<number> {
  const watch = new MachineWatch();
  let late = 0;
  for (let tries = 1; tries <= 3; tries++) {
    const before = t.nginx.connections().soFar;
    late = 0;
    t.nginx.forget();
    await inTurns(4, 500, async (n, agent) => {
      const paths = newGets();
      const headers = ofOwnConnection[n % ofOwnConnection.length] ?? {};
      const { status } = await ask(t.url, String(paths[n % paths.length]), { agent, headers, once: true });
      if (status === 0 || status >= 500) late++;
    });
    await orderSlowly(t);
    const opened = t.nginx.connections().soFar - before;
    if (late === 0) return opened;
    await t.nginx.startAgain();
  }
  if (disturbs(watch.otherCoresBusy()))
    t.inconclusive('three times an instance could not answer in time on a machine that other programs kept busy');
  t.require(false, {
    step: '500 requests by 4 clients',
    expected: 'an answer of the desk to each',
    seen: `${late} times none, or one above 500`,
    because: 'Both instances work, and nginx got no answer from them.',
    lookAt: 'for how long does nginx wait, and which idle connections does it keep for longer than Node does?',
  });
  return Number.POSITIVE_INFINITY;
}
