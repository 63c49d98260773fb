import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, RedisDoor, Stage, Teaching } from '../harness/sdk/index.ts';
import { holdOrder } from './held.ts';
import { orderOf } from './orders.ts';
import { startReady } from './ready.ts';
import { whileRedisIsLate } from './redis-late.ts';
import { inWords, keptByClient, type Reply, saysClose, send } from './wire.ts';

/** Longer than the balancer keeps a connection, and shorter than an app that knows it. */
const idleMs = 5_500;
/** As many as a balancer has after a busy moment. */
const connections = 50;
/** So long others are in use before they are idle, with a request each half a second: a balancer's connections grow old. */
const usedMs = 5_000;
const everyMs = 500;
const oldConnections = 5;
/** The last answers of some others take so long: the body is slow, and then Redis is. Together less than the old ones take. */
const late = { connections: 3, bodyMs: 2_500, redisMs: 1_500 };

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
      const door = await t.redis.openDoor();
      const app = await startReady(t, { REDIS_URL: door.url }, usedMs + idleMs);
      const using = Promise.all(Array.from({ length: oldConnections }, () => useTwice(app, usedMs, good)));
      const lastOrders = await answerLate(t, app, door);
      // Redis is quick again.
      const [fresh, slow, old] = await Promise.all([
        Promise.all(Array.from({ length: connections }, (_, n) => useTwice(app, 0, n % 2 ? good : unknown))),
        Promise.all(lastOrders.map((last) => useAgain(app, last))),
        using,
      ]);
      const [found, notFound] = [good, unknown].map(({ wanted }) =>
        fresh.filter((_, n) => (n % 2 ? good : unknown).wanted === wanted),
      );
      mustServe(t, found ?? [], `each of ${connections / 2} connections, beside as many others`);
      mustServe(t, notFound ?? [], `each of ${connections / 2} connections, beside as many others`, {
        because:
          'A 404 is an answer like any other, and its client is the balancer. If the app closes such a connection when it is idle for a moment, the balancer sends somebody else’s request on it.',
        lookAt: 'what ends a connection besides the time that it is idle?',
      });
      mustServe(t, old, `each of ${oldConnections} connections that have been in use for ${usedMs / 1_000} s`, {
        because:
          'An old connection is one that is used a lot. If the app closes it when it is idle for a moment, the balancer sends a request on one that is just being closed.',
        lookAt: 'from when on does the server count the time after which it closes a connection?',
      });
      mustServe(t, slow, `each of ${late.connections} connections whose answer took ${lateMs / 1_000} s`, {
        because:
          'A connection is idle from its last answer on. If the time counts from the request, a slow answer uses it up, and the balancer sends the next request on a connection that is just being closed.',
        lookAt:
          'from when on does the server count the time after which it closes a connection: a request, or its answer?',
      });
    },
    { limitMs: 30_000, background: true },
  );
}

const lateMs = late.bodyMs + late.redisMs;

interface Question {
  path: string;
  wanted: number;
}

const good: Question = { path: '/prices/oslo', wanted: 200 };
/** A 404 is an answer like any other, and its connection as good. */
const unknown: Question = { path: '/prices/nowhere', wanted: 404 };

interface Use {
  /** If the app closed it. */
  closedAfterMs?: number;
  /** What was asked on it before it was idle. */
  first: string;
  /** The last request on it. */
  asked: string;
  wanted: number;
  reply: Reply;
}

function mustServe(t: Stage, uses: Use[], which: string, teaching?: Teaching): void {
  const closed = uses.flatMap(({ closedAfterMs }) => closedAfterMs ?? []);
  t.require(closed.length === 0, {
    step: `${uses[0]?.first} on ${which}; then they are idle`,
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
async function useTwice(app: Instance, forMs: number, { path, wanted }: Question): Promise<Use> {
  const agent = keptByClient();
  const first = `GET ${path}`;
  let reply = await send(app, path, { agent });
  for (const until = performance.now() + forMs; performance.now() < until; reply = await send(app, path, { agent })) {
    if (reply.status !== wanted || saysClose(reply)) break;
    const closedAfterMs = await idle(agent, reply, everyMs);
    if (closedAfterMs !== undefined) return { first, asked: first, wanted, reply, closedAfterMs };
  }
  if (reply.status === wanted) return useAgain(app, { agent, first, reply, mayClose: forMs > 0 });
  agent.destroy();
  return { first, asked: first, wanted, reply };
}

interface Last {
  agent: Agent;
  first: string;
  reply: Reply;
  /** Whoever is told in time sends no request on it. */
  mayClose: boolean;
}

/** Orders whose bodies come late, and then Redis makes them wait. */
async function answerLate(t: Stage, app: Instance, door: RedisDoor): Promise<Last[]> {
  const agents = Array.from({ length: late.connections }, () => keptByClient());
  const orders = await Promise.all(agents.map((agent) => holdOrder(t, app, agent)));
  await delay(late.bodyMs);
  const replies = await whileRedisIsLate(door, late.redisMs, () => Promise.all(orders.map((order) => order.finish())));
  return replies.flatMap((reply, n) => {
    const agent = agents[n] as Agent;
    // Whether an order that Redis delays gets a 201 is not asked here.
    if (reply.status > 0) return { agent, first: 'POST /orders', reply, mayClose: true };
    agent.destroy();
    return [];
  });
}

/** It is idle, and then asked once more. */
async function useAgain(app: Instance, { agent, first, reply, mayClose }: Last): Promise<Use> {
  try {
    if (mayClose && saysClose(reply)) return { first, asked: first, wanted: reply.status, reply };
    const closedAfterMs = await idle(agent, reply, idleMs);
    if (closedAfterMs !== undefined) return { first, asked: first, wanted: reply.status, reply, closedAfterMs };
    return {
      first,
      asked: `POST /orders, after ${idleMs / 1_000} s,`,
      wanted: 201,
      reply: await send(app, '/orders', { method: 'POST', body: orderOf('idle'), agent }),
    };
  } finally {
    agent.destroy();
  }
}

/** @returns after how many ms the app closed it, if it did. */
async function idle(agent: Agent, { at }: Reply, forMs: number): Promise<number | undefined> {
  const [socket] = Object.values(agent.freeSockets).flat();
  return !socket || (await closes(socket, forMs)) ? performance.now() - at : undefined;
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
