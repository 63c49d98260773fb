import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, MachineWatch, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { ask, HeldOrder, inWords, pidIn, type Reply } from './ask.ts';
import { closedAsIdle, HalfHead } from './half-a-head.ts';
import { mustStoreOnce } from './hanging-orders.ts';
import { refusedInFlight } from './in-flight.ts';
import { eventually } from './patience.ts';
import { mustLoseNone, reload } from './reload.ts';
import { type FailedRequest, kindOf } from './traffic.ts';
import { skipOnWindows, startInTurn } from './turns.ts';
import { mustServe } from './workers.ts';

/** With what it took until a new worker served, less than the 5 s of the contract. */
const heldMs = 4_200;
/** Begun so often until then, so that the last ones are young. */
const beginEveryMs = 300;
const inFlight = 4;
/** One that breaks so soon was not killed for being late. */
const atOnceMs = 1_000;

export type Begun = HeldOrder | HalfHead;

/** Line 4. */
export function slowOrderBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'slow-order',
    'with one worker, too, a reload loses nothing, not even an order that is under way for some seconds',
    {
      because: 'A customer with a slow line gets no answer, and does not know whether there is an order.',
      lookAt: 'how long does PM2 wait for a worker that it has asked to end?',
    },
    async (t) => {
      skipOnWindows(t);
      const door = await t.redis.openDoor();
      const app = await startInTurn(t, { WEB_CONCURRENCY: '1', REDIS_URL: door.url });
      // Also no second one: 1 is a number like the others.
      const [old] = await mustServe(t, app, 1, 'WEB_CONCURRENCY=1', undefined, true);
      let half: HalfHead | undefined = new HalfHead(app);
      const begun: Begun[] = [await HeldOrder.begin(t, app)];
      let begunAt = performance.now();
      const failures: FailedRequest[] = [];
      const watch = new MachineWatch();
      const reloaded = reload(t, app);
      reloaded.catch(() => {}); // Awaited below.
      t.trail.begin('an order whose body is still to come, half of the head of a GET, then pm2 reload all');
      try {
        const isNew = async () => {
          const reply = await ask(app, '/live');
          if (reply.status !== 200) failures.push({ route: 'GET /live', kind: kindOf(reply) });
          const pid = pidIn(reply.text);
          if (begun.some(hasEnded) || ![undefined, old].includes(pid)) return true;
          // Whoever has a connection that came later has this one, too. One that has sent nothing yet may be broken.
          if (half && pid === old) begun.push(half);
          if (pid === old) half = undefined;
          if (pid === old && performance.now() - begunAt > beginEveryMs) {
            half = new HalfHead(app);
            const order = await HeldOrder.tryToBegin(app);
            if (order instanceof HeldOrder) begun.push(order);
            else failures.push({ route: 'POST /orders', kind: kindOf(order) });
            if (begun.length > inFlight) await Promise.all(begun.splice(0, 2).map((one) => one.finish()));
            begunAt = performance.now();
          }
          return false;
        };
        await eventually(t, 'a new worker to serve', isNew);
        // While nobody listens PM2 waits, and kills.
        if (failures.some(({ kind }) => kind === 'ECONNREFUSED')) mustLoseNone(t, failures, 1, watch);
        await mustBeAnswered(t, begun, 'the new worker served');
      } finally {
        for (const one of [half, ...begun]) one?.drop();
      }
      await reloaded;
      mustLoseNone(t, failures, 1, watch);
      await mustStoreOnce(t, app, door);
    },
    { limitMs: 60_000, background: true },
  );
}

const hasEnded = ({ endedAt }: Begun) => endedAt !== undefined;

/** What they lack is sent a few seconds from now. */
export async function mustBeAnswered(t: Stage, begun: Begun[], since: string): Promise<void> {
  const askedAt = performance.now();
  while (performance.now() - askedAt < heldMs && !begun.some(hasEnded)) await delay(20);
  const early = begun.find(hasEnded);
  const afterMs = Math.max(0, (early?.endedAt ?? performance.now()) - askedAt);
  const replies = await Promise.all(begun.map(async (one) => ({ one, reply: await one.finish() })));
  const lost = replies.filter(({ one, reply }) => reply.status !== one.success);
  const shown = lost.find(({ one }) => one === early) ?? lost[0];
  if (!shown) return;
  const { one, reply } = shown;
  const isEarly = one === early;
  t.require(false, {
    step: isEarly ? one.what : `${one.rest}, ${(heldMs / 1_000).toFixed(1)} s after ${since}`,
    expected: `${one.success}`,
    seen: isEarly ? brokeAfter(reply.text, afterMs) : inWords(reply),
    ...teachingOf(lost, afterMs),
  });
}

function teachingOf(lost: { one: Begun; reply: Reply }[], afterMs: number): Partial<Teaching> {
  if (lost.every(({ one, reply }) => one instanceof HalfHead && reply.status === 0)) return closedAsIdle;
  if (afterMs < atOnceMs)
    return {
      because: 'The worker ended with the order in flight: it was asked to end, and did so at once.',
      lookAt: 'with which signal does PM2 ask a worker to end, and what does the process do then?',
    };
  return lost.some(({ reply }) => reply.status > 0) ? refusedInFlight : {};
}

const brokeAfter = (what: string, ms: number) => `the connection broke after ${(ms / 1_000).toFixed(1)} s: ${what}`;
