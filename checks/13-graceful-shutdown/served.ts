import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { type HeldOrder, holdOrder } from './held.ts';
import type { Kept } from './kept.ts';
import { orderOf } from './orders.ts';
import { isYes } from './ready.ts';
import { inWords, type Reply, send } from './wire.ts';

/** How long /ready may take to say no. */
const atOnceMs = 1_000;
/** A client asks again and again, and lets the app rest in between. */
const restMs = 50;
/** By then at the latest some request has been served, or the machine gave us no time to ask. */
const lateShare = 0.6;

export interface Draining {
  /** When SIGTERM was sent. */
  at: number;
  delayMs: number;
  /** Five connections, each of which has been asked once. */
  kept: Kept[];
  /** Gets one more order in flight that began meanwhile. */
  held: HeldOrder[];
}

/**
 * What fails before the delay is over, seen from here, is the app's fault: it can't have begun to count earlier.
 * @returns false if the machine gave us no time to ask.
 */
export async function isServed(t: Stage, app: Instance, { at, delayMs, kept, held }: Draining): Promise<boolean> {
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
  const [first, second, third, fourth, fifth] = kept as [Kept, Kept, Kept, Kept, Kept];
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
  const order = () => ({ method: 'POST', body: orderOf('drain') });
  const rounds: [what: string, () => Promise<Reply>][] = [
    ['GET /live', () => send(app, '/live')],
    ['GET /prices/oslo on a new connection', () => send(app, '/prices/oslo')],
    ['POST /orders on a new connection', () => send(app, '/orders', order())],
    ['GET /prices/oslo on a connection that was kept', () => first.ask(app, '/prices/oslo')],
    ['POST /orders on a connection that was kept', () => second.ask(app, '/orders', order())],
  ];
  /** Each is left alone until then, since before SIGTERM or since a moment after it. */
  const idleUntil: [share: number, since: string, one: Kept][] = [
    [0, 'before SIGTERM', fifth],
    [0.5, 'before SIGTERM', third],
    [0.75, 'before SIGTERM', fourth],
    [0.8, 'a moment after SIGTERM', fifth],
  ];
  while (sinceMs() < delayMs * 0.85) {
    await ready();
    for (const [what, ask] of rounds) {
      const reply = await ask();
      fault(what, reply);
      if (reply.status > 0) servedMs = reply.at - at;
    }
    const [share, since, one] = idleUntil[0] ?? [1];
    if (saidNo && sinceMs() > delayMs * share) {
      idleUntil.shift();
      const reply = await one?.ask(app, '/prices/oslo');
      if (reply) fault(`GET /prices/oslo on a connection that was idle since ${since}`, reply);
    }
    mustBeOpen(t, kept, at, delayMs);
    if (held.length === 1 && sinceMs() < delayMs / 2) held.push(await holdOrder(t, app));
    await delay(restMs);
    t.trail.retell(from);
  }
  mustBeOpen(t, kept, at, delayMs);
  t.step(`asked for ${Math.round(servedMs)} ms, on new connections and kept ones`);
  return saidNo && servedMs >= delayMs * lateShare;
}

/** The client has seen it closed later than the app closed it. */
function mustBeOpen(t: Stage, kept: Kept[], at: number, delayMs: number): void {
  for (const { closedAt } of kept)
    t.require(closedAt === undefined || closedAt - at >= delayMs, {
      step: 'a connection that is kept and idle, and whose last answer did not say “Connection: close”',
      expected: `it to be open for ${delayMs} ms after SIGTERM`,
      seen: `the app closed it after ${Math.round((closedAt ?? 0) - at)} ms`,
      because:
        'The balancer keeps idle connections for 5 s, and may send a request at the moment when the app closes one. That request breaks.',
      lookAt: 'which connections does the process close after SIGTERM, and which of its settings close some later?',
    });
}
