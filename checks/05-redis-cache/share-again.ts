import { setTimeout as delay } from 'node:timers/promises';
import type { RedisHandle, Stage, SupplierHandle, Visitor } from '../harness/sdk/index.ts';
import { callsDuring, inCalls, read } from './steps.ts';

const recoverWithinMs = 3_000;

/**
 * Once Redis is back, the first visitor reads an event, and the second one's instance must know it.
 * @param supplier the one that both instances ask.
 * @param restarted the Redis, if it has forgotten its scripts.
 */
export async function mustShareAgain(
  t: Stage,
  [one, other]: readonly [Visitor, Visitor],
  {
    supplier = t.supplier,
    restarted,
    firstId,
  }: { supplier?: SupplierHandle; restarted?: RedisHandle; firstId: number },
): Promise<void> {
  const deadline = performance.now() + recoverWithinMs;
  const trailLength = t.trail.length;
  for (let id = firstId; ; id++) {
    t.trail.retell(trailLength);
    const refused = (await restarted?.unknownScripts()) ?? 0;
    await read(t, one, `/events/${id}`);
    const calls = await callsDuring(supplier, () => read(t, other, `/events/${id}`));
    if (calls === 0) return;
    const scriptsAreGone = ((await restarted?.unknownScripts()) ?? 0) > refused;
    t.require(performance.now() < deadline, {
      expected: 'no call to the supplier for what the other instance has read, 3 s after Redis came back',
      seen: inCalls(calls),
      because:
        'Redis is back, and the app does not use it. The client has given up, or waits too long before it connects again, or the app leaves Redis alone for too long after an error.',
      lookAt: 'how soon is Redis tried again, also after the twentieth failure? With ioredis, see retryStrategy.',
      ...(scriptsAreGone
        ? {
            because:
              'Redis is back and refuses the app’s script: NOSCRIPT. What was loaded with SCRIPT LOAD is gone after a restart, and on the replica that takes over.',
            lookAt: 'what does the app do when EVALSHA is answered with NOSCRIPT?',
          }
        : {}),
    });
    await delay(100);
  }
}
