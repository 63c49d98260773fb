import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { isYes, untilReady } from './ready.ts';
import { inWords, send } from './wire.ts';

/** The contract's second, and what a busy machine may add. */
const noWithinMs = 2_500;
/** Of Redis' return, and what a busy machine may add. */
const backWithinMs = 6_000;
const lookEveryMs = 50;

export interface Outage {
  /** As in "Redis is gone again". */
  what: string;
  begin(): unknown;
  end(): unknown;
}

/** Line 6, of an instance that has had outages before: each of these lasts until it was noticed, and not a moment longer. */
export async function mustTellEach(t: Stage, app: Instance, outages: Outage[]): Promise<void> {
  for (const { what, begin, end } of outages) {
    await begin();
    await mustNotice(t, app, what);
    await end();
    const step = `${what}, and is there now; GET /ready, again and again`;
    await untilReady(t, app, { step, deadlineMs: backWithinMs });
  }
}

async function mustNotice(t: Stage, app: Instance, what: string): Promise<void> {
  const from = t.trail.length;
  const begunAt = performance.now();
  for (;;) {
    const reply = await send(app, '/ready', { withinMs: noWithinMs });
    t.trail.retell(from);
    if (reply.status === 503) return;
    const isTooLate = reply.at - begunAt >= noWithinMs;
    t.require(isYes(reply.status) && !isTooLate, {
      step: `GET /ready, again and again: ${what}`,
      expected: '503 within a second, as before',
      seen: inWords(reply),
      because: isYes(reply.status)
        ? 'An outage before this one was noticed, and this one is not. The balancer sends orders to an instance that can store none.'
        : 'The balancer waits for an answer that does not come, and meanwhile goes on sending requests.',
      lookAt: isYes(reply.status)
        ? 'what has noticed the first outage, and does it go on looking once Redis is back?'
        : 'what does GET /ready ask Redis, and how long does it wait for the reply?',
    });
    await delay(lookEveryMs);
  }
}
