import { type ClientRequest, request } from 'node:http';
import type { Stage } from '../harness/sdk/index.ts';
import { forgetHolds, holdReaders, waitingForLock } from './held-table.ts';
import { mostConnections } from './traffic.ts';
import { ask, read } from './truth.ts';

/** More than an app may have connections, so that each of them could be lost. */
const requests = mostConnections + 2;
/** By then an app with fewer connections has sent all that it will. */
const arriveWithinMs = 500;
/** The app has seen by then that its clients are gone: it has answered, or refused, one who came after that. */
const seenWithinMs = 500;
const deadlineMs = 10_000;

/** Clients go away while the database works for them. Their connections must come back all the same. */
export async function givenUp(t: Stage): Promise<void> {
  t.trail.begin();
  const later: ClientRequest[] = [];
  const letGo = await holdReaders(t, 'events');
  try {
    const calls = crowd(t);
    const before = await mostWaiting(t, mostConnections);
    t.step(`${requests} × GET /events and /events/5, all at once`, `${before} statements at one time`);
    t.require(before <= mostConnections, { expected: `at most ${mostConnections}`, seen: `${before}` });
    const closed = calls.map((call) => new Promise((resolve) => call.once('close', resolve)));
    for (const call of calls) call.destroy();
    await Promise.all(closed);
    await ask(t, '/events?limit=0', { deadlineMs: seenWithinMs }).catch(() => {});
    later.push(...crowd(t));
    const after = await mostWaiting(t, mostConnections + 1);
    t.trail.begin(`${requests} × GET /events and /events/5`, 'the client closes its connection before the answer');
    t.step(`${requests} more, while the statements of the first still wait`, `${after} statements at one time`);
    t.require(after <= mostConnections, {
      expected: `at most ${mostConnections} statements at one time`,
      seen: `${after}`,
      ...leftBehind,
    });
  } finally {
    await letGo();
  }
  t.trail.begin(`${requests} × GET /events and /events/5`, 'the client closes its connection before the answer');
  const teaching = {
    because:
      'Their clients have gone, and each of them has kept its connection to the database. An answer to nobody is never finished, so what waits for its end never happens. When all connections are taken, every request waits.',
    lookAt: 'on which event is a connection given back? A response emits finish only when it has gone out whole.',
  };
  for (const path of ['/events?limit=5', '/events/5']) await read(t, path, { deadlineMs, teaching });
  for (const call of later) call.destroy();
  await forgetHolds(t, ['events']);
}

const leftBehind = {
  because:
    'The clients have gone, and the app has closed the connections of their statements. PostgreSQL does not notice while a statement waits: the connection stays, and the app opens another one beside it.',
  lookAt: 'what happens to a connection with a statement on its way when the client goes away?',
};

function crowd(t: Stage): ClientRequest[] {
  return Array.from({ length: requests }, (_, n) => send(t, n % 2 ? '/events/5' : '/events?limit=5'));
}

/** How many statements wait when there are so many, or when all that the app sends has had the time to arrive. */
async function mostWaiting(t: Stage, enough: number): Promise<number> {
  const sentAt = performance.now();
  let waiting = 0;
  await t.until('the requests to reach the database', async () => {
    waiting = await waitingForLock(t);
    return waiting >= enough || performance.now() - sentAt > arriveWithinMs;
  });
  return waiting;
}

function send(t: Stage, path: string): ClientRequest {
  const call = request(new URL(path, t.app(1).url), { agent: false });
  call.on('error', () => {}); // We break it ourselves.
  return call.end();
}
