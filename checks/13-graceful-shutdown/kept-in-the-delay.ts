import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import type { Kept } from './kept.ts';
import { inWords, saysClose } from './wire.ts';

/** Less than the five seconds that the balancer keeps one, and than what line 4 asks for. */
const idleMs = 4_500;
/** As long as the balancer keeps one. On a machine that gives us no core in time, it may rightly be closed. */
const keptMs = 5_000;

/**
 * A connection that the balancer kept before SIGTERM, and that it uses early in the delay and late in it. Begin it when `/ready` says no.
 *
 * @param told what happens meanwhile, for the steps.
 */
export async function keptMustServe(t: Stage, app: Instance, kept: Kept, told: string): Promise<void> {
  const ask = async (when: string) => {
    const reply = await kept.ask(app, '/prices/oslo');
    const step = `${told}; GET /prices/oslo on a kept connection, ${when}`;
    t.require(reply.status === 200, { step, expected: '200', seen: inWords(reply), ...closed });
    return { reply, step };
  };
  try {
    const { reply, step } = await ask('early in the delay');
    if (saysClose(reply)) return; // Whoever is told in time sends no more on it.
    const askedAt = performance.now();
    await delay(idleMs);
    const closedAfterMs = (kept.closedAt ?? Number.POSITIVE_INFINITY) - askedAt;
    t.require(closedAfterMs > keptMs, {
      step: `${step}; then it is idle`,
      expected: `it to be open for ${idleMs / 1_000} s, because the delay is not over`,
      seen: `closed after ${(closedAfterMs / 1_000).toFixed(1)} s, and its last answer did not say so`,
      ...closed,
    });
    if (performance.now() - askedAt < keptMs) await ask(`${idleMs / 1_000} s later`);
  } finally {
    kept.destroy();
  }
}

const closed = {
  because:
    'As long as the delay lasts, the balancer sends requests on the connections that it has, and keeps idle ones for 5 s. One that is closed meanwhile takes the request on it with it.',
  lookAt: 'what does SIGTERM change in how long the server keeps idle connections?',
};
