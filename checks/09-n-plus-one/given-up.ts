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
  const letGo = await holdReaders(t, 'events');
  try {
    const calls = Array.from({ length: requests }, (_, n) => send(t, n % 2 ? '/events/5' : '/events?limit=5'));
    const sentAt = performance.now();
    await t.until('the requests to reach the database', async () => {
      const waiting = await waitingForLock(t);
      return waiting >= mostConnections || performance.now() - sentAt > arriveWithinMs;
    });
    const closed = calls.map((call) => new Promise((resolve) => call.once('close', resolve)));
    for (const call of calls) call.destroy();
    await Promise.all(closed);
    await ask(t, '/events?limit=0', { deadlineMs: seenWithinMs }).catch(() => {});
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
  await forgetHolds(t, ['events']);
}

function send(t: Stage, path: string): ClientRequest {
  const call = request(new URL(path, t.app(1).url), { agent: false });
  call.on('error', () => {}); // We break it ourselves.
  return call.end();
}
