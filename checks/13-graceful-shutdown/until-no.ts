import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { isYes } from './ready.ts';
import { inWords, send } from './wire.ts';

/** The contract's two seconds, and what a busy machine may add. An app may wait for several failed looks at Redis in this time. */
export const noWithinMs = 2_500;
/** Other programs may make it later than that, but not by seconds: then nothing can be said. */
const noOnBusyWithinMs = 4_000;
const lookEveryMs = 50;

interface Outage extends Teaching {
  /** As in "Redis is gone again". */
  what: string;
  /** As in "503 within 2 s, as before". */
  expected: string;
}

/** Line 6: an outage has begun, and /ready must be 503 in time. Until then it may be yes, by what a look before has seen. */
export async function untilNo(t: Stage, app: Instance, { what, expected, because, lookAt }: Outage): Promise<void> {
  const from = t.trail.length;
  const watch = new MachineWatch();
  const begunAt = performance.now();
  for (;;) {
    const reply = await send(app, '/ready', { withinMs: noWithinMs });
    t.trail.retell(from);
    const sinceMs = performance.now() - begunAt;
    const isInTime = sinceMs < noWithinMs;
    const isNo = reply.status === 503;
    if (isNo && isInTime) return;
    const isOnlyLate = isNo || isYes(reply.status) || reply.broke === 'late';
    const mayBeTheMachine = isOnlyLate && sinceMs < noOnBusyWithinMs && disturbs(watch.otherCoresBusy());
    if (isNo && mayBeTheMachine) t.inconclusive('the machine was too busy to say how soon GET /ready was 503');
    t.require(isInTime ? isYes(reply.status) : mayBeTheMachine, {
      step: `GET /ready, again and again: ${what}`,
      expected,
      seen: `${inWords(reply)}, after ${(sinceMs / 1_000).toFixed(1)} s`,
      ...(isYes(reply.status) ? { because, lookAt } : tooLate),
    });
    await delay(lookEveryMs);
  }
}

export const tooLate: Teaching = {
  because: 'The balancer has no answer that tells of it in time, and meanwhile goes on sending requests.',
  lookAt: 'what does GET /ready ask Redis, and how long does it wait for the reply?',
};
