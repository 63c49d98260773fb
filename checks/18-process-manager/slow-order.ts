import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask, HeldOrder, inWords, pidIn } from './ask.ts';
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
const inFlight = 2;
/** One that breaks so soon was not killed for being late. */
const atOnceMs = 1_000;

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
      const app = await startInTurn(t, { WEB_CONCURRENCY: '1' });
      // Also no second one: 1 is a number like the others.
      const [old] = await mustServe(t, app, 1, 'WEB_CONCURRENCY=1', undefined, true);
      const orders = [await HeldOrder.begin(t, app)];
      let begunAt = performance.now();
      const failures: FailedRequest[] = [];
      const watch = new MachineWatch();
      const reloaded = reload(t, app);
      reloaded.catch(() => {}); // Awaited below.
      t.trail.begin('an order whose body is still to come, then pm2 reload all');
      try {
        const isNew = async () => {
          const reply = await ask(app, '/live');
          if (reply.status !== 200) failures.push({ route: 'GET /live', kind: kindOf(reply) });
          const pid = pidIn(reply.text);
          if (orders.some(hasEnded) || ![undefined, old].includes(pid)) return true;
          if (pid === old && performance.now() - begunAt > beginEveryMs) {
            const order = await HeldOrder.tryToBegin(app);
            if (order instanceof HeldOrder) orders.push(order);
            else failures.push({ route: 'POST /orders', kind: kindOf(order) });
            if (orders.length > inFlight) await orders.shift()?.finish();
            begunAt = performance.now();
          }
          return false;
        };
        await eventually(t, 'a new worker to serve', isNew);
        // While nobody listens PM2 waits, and kills.
        if (failures.some(({ kind }) => kind === 'ECONNREFUSED')) mustLoseNone(t, failures, 1, watch);
        await mustBeAnswered(t, orders, 'the new worker served');
      } finally {
        for (const order of orders) order.drop();
      }
      await reloaded;
      mustLoseNone(t, failures, 1, watch);
    },
    { limitMs: 60_000, background: true },
  );
}

const hasEnded = ({ endedAt }: HeldOrder) => endedAt !== undefined;

/** Their bodies are sent a few seconds from now. */
export async function mustBeAnswered(t: Stage, orders: HeldOrder[], since: string): Promise<void> {
  const askedAt = performance.now();
  while (performance.now() - askedAt < heldMs && !orders.some(hasEnded)) await delay(20);
  const early = orders.find(hasEnded);
  const afterMs = Math.max(0, (early?.endedAt ?? performance.now()) - askedAt);
  const replies = await Promise.all(orders.map((order) => order.finish()));
  const isEarly = early !== undefined;
  const reply = (isEarly ? await early.finish() : replies.find(({ status }) => status !== 201)) ?? {
    status: 201,
    text: '',
  };
  t.require(reply.status === 201, {
    step: isEarly ? 'the order' : `the body of the order, ${(heldMs / 1_000).toFixed(1)} s after ${since}`,
    expected: '201',
    seen: isEarly ? brokeAfter(reply.text, afterMs) : inWords(reply),
    ...(afterMs < atOnceMs
      ? {
          because: 'The worker ended with the order in flight: it was asked to end, and did so at once.',
          lookAt: 'with which signal does PM2 ask a worker to end, and what does the process do then?',
        }
      : reply.status > 0
        ? refusedInFlight
        : {}),
  });
}

const brokeAfter = (what: string, ms: number) => `the connection broke after ${(ms / 1_000).toFixed(1)} s: ${what}`;
