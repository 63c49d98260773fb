import type { Socket } from 'node:net';
import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { orderOf } from './orders.ts';
import { startReady } from './ready.ts';
import { inWords, keptByClient, type Reply, saysClose, send } from './wire.ts';

/** Longer than the balancer keeps a connection, and shorter than an app that knows it. */
const idleMs = 5_500;
/** As many as a balancer has after a busy moment. */
const connections = 50;
/** So long others are in use before they are idle, with a request each half a second: a balancer's connections grow old. */
const usedMs = 5_000;
const everyMs = 500;
const oldConnections = 5;

/** Line 4. */
export function keepAliveBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'keep-alive',
    'connections that were idle for 5.5 s still serve',
    {
      because:
        'The balancer keeps idle connections for 5 s. If the app closes them sooner, the balancer sends a request on one that is just being closed.',
      lookAt: 'how long does the server keep an idle connection, and how many of them?',
    },
    async (t) => {
      const app = await startReady(t, {}, usedMs + idleMs);
      const [fresh, old] = await Promise.all([
        Promise.all(Array.from({ length: connections }, () => useTwice(app, 0))),
        Promise.all(Array.from({ length: oldConnections }, () => useTwice(app, usedMs))),
      ]);
      mustServe(t, fresh, `each of ${connections} connections`);
      mustServe(t, old, `each of ${oldConnections} connections that have been in use for ${usedMs / 1_000} s`, {
        because:
          'An old connection is one that is used a lot. If the app closes it when it is idle for a moment, the balancer sends a request on one that is just being closed.',
        lookAt: 'from when on does the server count the time after which it closes a connection?',
      });
    },
    { limitMs: 30_000, background: true },
  );
}

interface Use {
  /** If the app closed it. */
  closedAfterMs?: number;
  /** The last request on it. */
  asked: string;
  wanted: number;
  reply: Reply;
}

function mustServe(t: Stage, uses: Use[], which: string, teaching?: Teaching): void {
  const closed = uses.flatMap(({ closedAfterMs }) => closedAfterMs ?? []);
  t.require(closed.length === 0, {
    step: `GET /prices/oslo on ${which}; then they are idle`,
    expected: `each to be open for ${idleMs / 1_000} s`,
    seen: `${closed.length} of ${uses.length} closed, the first after ${(Math.min(...closed) / 1_000).toFixed(1)} s`,
    ...teaching,
  });
  for (const { asked, wanted, reply } of uses)
    t.require(reply.status === wanted, {
      step: `${asked} on ${which}`,
      expected: String(wanted),
      seen: inWords(reply),
      ...teaching,
    });
}

/** A connection of its own, which is asked, for `forMs` again and again, then idle, then asked: each counts its own time. */
async function useTwice(app: Instance, forMs: number): Promise<Use> {
  const agent = keptByClient();
  try {
    const ask = async (): Promise<Use> => ({
      asked: 'GET /prices/oslo',
      wanted: 200,
      reply: await send(app, '/prices/oslo', { agent }),
    });
    let last = await ask();
    for (const until = performance.now() + forMs; ; last = await ask()) {
      if (last.reply.status !== last.wanted) return last;
      if (forMs > 0 && saysClose(last.reply)) return last; // Whoever is told in time sends no request on it.
      const isLast = performance.now() >= until;
      const [socket] = Object.values(agent.freeSockets).flat();
      if (!socket || (await closes(socket, isLast ? idleMs : everyMs)))
        return { ...last, closedAfterMs: performance.now() - last.reply.at };
      if (isLast) break;
    }
    return {
      asked: `POST /orders, after ${idleMs / 1_000} s,`,
      wanted: 201,
      reply: await send(app, '/orders', { method: 'POST', body: orderOf('idle'), agent }),
    };
  } finally {
    agent.destroy();
  }
}

function closes(socket: Socket, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.off('close', onClose);
      resolve(isClosed);
    };
    const onClose = () => end(true);
    const timer = setTimeout(() => end(false), withinMs);
    socket.once('close', onClose);
  });
}
