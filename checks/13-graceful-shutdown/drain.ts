import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, RedisDoor, Stage } from '../harness/sdk/index.ts';
import { orderOf, storedOrders } from './orders.ts';
import { isYes, skipOnWindows, startReady } from './ready.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { HeldOrder, inWords, keptByClient, type Reply, send } from './wire.ts';

/** Several times what the drain takes, so that nothing here comes from the deadline. */
const timeoutMs = '30000';
/** How long after the delay an app may still take connections, and how long /ready may take to say no. */
const toleranceMs = 2_500;
const atOnceMs = 1_000;
/** By then at the latest some request has been served, or the machine gave us no time to ask. */
const lateShare = 0.6;
const attempts = 3;
/** How long Redis keeps the orders in flight waiting, when their bodies have come: no client gives up so soon. */
const redisLateMs = 500;

/** Line 2. */
export function drainBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'drain',
    'after SIGTERM /ready is 503 at once, and everything is served for DRAIN_DELAY_MS; then what is in flight ends, and the exit code is 0',
    {
      because:
        'The balancer looks only every 200 ms, and a request may be on its way to it. Until it has noticed, an instance that ends breaks requests.',
      lookAt: 'what happens between SIGTERM and the moment when the server closes?',
    },
    async (t) => {
      skipOnWindows(t);
      for (const delayMs of [400, 2_000])
        for (let attempt = 1; !(await drains(t, delayMs)); attempt++)
          if (attempt === attempts) t.inconclusive('this check got no core to ask in time');
    },
    { limitMs: 60_000, background: true },
  );
}

/** @returns false if the machine gave us no time to ask. */
async function drains(t: Stage, delayMs: number): Promise<boolean> {
  const door = await t.redis.openDoor();
  const env = { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: timeoutMs, REDIS_URL: door.url };
  const app = await startReady(t, env);
  const kept = Array.from({ length: 4 }, keptByClient);
  const held: HeldOrder[] = [];
  t.trail.begin(`DRAIN_DELAY_MS=${delayMs}, SHUTDOWN_TIMEOUT_MS=${timeoutMs}, one order in flight`);
  try {
    for (const agent of kept) await send(app, '/prices/oslo', { agent });
    held.push(await HeldOrder.begin(t, app));
    const at = terminate(t, app);
    if (!(await isServed(t, app, { at, delayMs, kept, held }))) return false;
    await untilRefused(t, app, Math.max(0, at + delayMs - performance.now()) + toleranceMs, `after ${delayMs} ms`);
    t.step('new connections are refused; the bodies of the orders in flight come, and Redis is slow');
    const replies = await whileRedisIsLate(door, () => Promise.all(held.map((each) => each.finish())));
    for (const reply of replies)
      t.require(reply.status === 201, {
        expected: '201 for each order in flight',
        seen: inWords(reply),
        because:
          reply.status === 0
            ? 'The order had reached the instance before it stopped to take connections, and was cut off.'
            : 'The order in flight was refused: what it needs was closed before it.',
        lookAt: 'what does the process wait for before it ends, and in which order does it close what it has?',
      });
    await mustEnd(t, app);
    const stored = await storedOrders(t.redis, 'held');
    for (const { order } of held)
      t.require(stored.get(order.id) === 1, {
        expected: 'each of these orders once in encore:orders',
        seen: `${stored.get(order.id) ?? 0} times`,
      });
    return true;
  } finally {
    for (const each of held) each.drop();
    for (const agent of kept) agent.destroy();
    await app.kill();
  }
}

/** A request is whole, and its answer is not: an app that counts requests has nothing left to wait for. */
async function whileRedisIsLate<T>(door: RedisDoor, act: () => Promise<T>): Promise<T> {
  door.holdReplies();
  const acted = act();
  await Promise.race([acted, delay(redisLateMs)]);
  door.resume();
  return acted;
}

interface Draining {
  at: number;
  delayMs: number;
  kept: ReturnType<typeof keptByClient>[];
  /** Gets one more order in flight that began meanwhile. */
  held: HeldOrder[];
}

/** What fails before the delay is over, seen from here, is the app's fault: it can't have begun to count earlier. */
async function isServed(t: Stage, app: Instance, { at, delayMs, kept, held }: Draining): Promise<boolean> {
  const from = t.trail.length;
  const sinceMs = () => performance.now() - at;
  const fault = (what: string, reply: Reply) => {
    const afterMs = reply.at - at;
    if (reply.status >= 200 && reply.status < 300) return;
    t.require(afterMs >= delayMs && reply.status === 0, {
      step: `${what}, ${Math.round(afterMs)} ms after SIGTERM`,
      expected: `an answer as before, for ${delayMs} ms`,
      seen: inWords(reply),
    });
  };
  let saidNo = false;
  let servedMs = 0;
  const [first, second, third, fourth] = kept;
  const ready = async () => {
    const reply = await send(app, '/ready');
    if (reply.status === 0) return fault('GET /ready', reply);
    saidNo ||= reply.status === 503;
    t.require(!isYes(reply.status) || sinceMs() < Math.min(atOnceMs, delayMs), {
      step: 'GET /ready, again and again',
      expected: '503 at once',
      seen: `${reply.status}, ${Math.round(sinceMs())} ms after SIGTERM`,
      because: 'The balancer sends requests to this instance as long as it says that it is ready.',
      lookAt: 'how does GET /ready know that the process has been told to end?',
    });
    t.require(!saidNo || !isYes(reply.status), {
      step: 'GET /ready, again and again',
      expected: '503 until the end',
      seen: `503, then ${reply.status}`,
    });
  };
  const rounds: [what: string, () => Promise<Reply>][] = [
    ['GET /live', () => send(app, '/live')],
    ['GET /prices/oslo on a new connection', () => send(app, '/prices/oslo')],
    ['POST /orders on a new connection', () => send(app, '/orders', { method: 'POST', body: orderOf('drain') })],
    ['GET /prices/oslo on a connection that was kept', () => send(app, '/prices/oslo', { agent: first })],
    [
      'POST /orders on a connection that was kept',
      () => send(app, '/orders', { method: 'POST', body: orderOf('drain'), agent: second }),
    ],
  ];
  /** Left alone until then: an app that closes idle connections too early has closed them. */
  const idleUntil: [share: number, agent: typeof third][] = [
    [0.5, third],
    [0.75, fourth],
  ];
  while (sinceMs() < delayMs * 0.85) {
    await ready();
    for (const [what, ask] of rounds) {
      const reply = await ask();
      fault(what, reply);
      if (reply.status > 0) servedMs = reply.at - at;
    }
    const [share, agent] = idleUntil[0] ?? [1, undefined];
    if (sinceMs() > delayMs * share) {
      idleUntil.shift();
      fault(
        'GET /prices/oslo on a connection that was idle since before SIGTERM',
        await send(app, '/prices/oslo', { agent }),
      );
    }
    if (held.length === 1 && sinceMs() < delayMs / 2) held.push(await HeldOrder.begin(t, app));
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.trail.retell(from);
  }
  t.step(`asked for ${Math.round(servedMs)} ms, on new connections and kept ones`);
  return saidNo && servedMs >= delayMs * lateShare;
}
