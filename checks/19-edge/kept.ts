import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask, inTurns, type Question } from './ask.ts';
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
    },
  );
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
      const { status } = await ask(t.url, String(paths[n % paths.length]), { agent, once: true });
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
