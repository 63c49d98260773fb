import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { beside, type Drain } from './beside.ts';
import { mustServeWhoComes } from './left-alone.ts';
import { isYes, startReady } from './ready.ts';
import { send } from './wire.ts';

/** When the looks are answered, the instance is left alone for the rest of it. */
const delayMs = 5_000;
const env = { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: '30000' };
const looks = 3;
/** How long an app may take to say no to a new look. One that asks Redis first says nothing for longer, and Redis hangs. */
const saysNoWithinMs = 150;

/**
 * Line 2, of looks that wait for Redis while SIGTERM comes: their answers come after it, and so must say no.
 * @returns the rest of that drain, in which nobody comes for a long time.
 */
export async function mustSayNoToWhoeverWaits(t: Stage): Promise<Drain> {
  const door = await t.redis.openDoor();
  const app = await startReady(t, { ...env, REDIS_URL: door.url }, delayMs);
  try {
    door.pause();
    const waiting = Array.from({ length: looks }, () => send(app, '/ready'));
    await hasReadAllBefore(app);
    const at = performance.now();
    app.signal('SIGTERM');
    waiting.push(send(app, '/ready'));
    await Promise.race([waiting.at(-1), delay(saysNoWithinMs)]);
    await hasReadAllBefore(app);
    const knownAt = performance.now();
    door.resume();
    // What was answered before, or broke, is judged where all is asked that there is.
    const late = (await Promise.all(waiting)).filter(({ at }) => at > knownAt);
    t.require(!late.some(({ status }) => isYes(status)), {
      step: 'Redis hangs for a moment; GET /ready; SIGTERM while that waits for Redis; Redis replies',
      expected: '503: the answer comes after SIGTERM',
      seen: late.map(({ status }) => status || 'no answer').join(', '),
      because:
        'The state was right when GET /ready looked at it, and has changed between the look at the state and the answer. The balancer sends requests to an instance that is leaving.',
      lookAt: 'what does GET /ready wait for, and what does it look at after that?',
    });
    return beside(app, mustServeWhoComes(t, app, { at, delayMs }));
  } catch (error) {
    await app.kill();
    throw error;
  }
}

/** A process that answers two requests has read whatever came before the first, a signal included. */
export async function hasReadAllBefore(app: Instance): Promise<void> {
  for (const _ of [1, 2]) await send(app, '/live');
}
