import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { holdOrder } from './held.ts';
import { isYes, skipOnWindows, startReady } from './ready.ts';
import { mustEnd, untilRefused } from './signals.ts';
import { inWords, send } from './wire.ts';

/** Longer than the tolerance: a delay that begins anew with the third signal is over too late. */
const delayMs = 4_000;
const env = { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: '30000' };
/** How long GET /ready may take to say no. */
const atOnceMs = 1_000;
/** How long after the delay an app may still take connections. */
const toleranceMs = 2_500;
const restMs = 50;

/** Line 8. */
export function signalBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'more-signals',
    'SIGINT drains like SIGTERM, and a second signal changes nothing',
    {
      because:
        'An impatient deploy sends the signal twice, and Ctrl-C sends it to all. What is in flight is as much in flight as before.',
      lookAt: 'what does the second signal meet: a handler of yours, or the default?',
    },
    async (t) => {
      skipOnWindows(t);
      // Each comes twice, and not only while the delay lasts. That SIGTERM may be the first is known by now.
      await survives(t, ['SIGINT', 'SIGTERM', 'SIGINT', 'SIGTERM', 'SIGTERM']);
    },
    { limitMs: 40_000, background: true, further: true },
  );
}

/** The rest of the signals come while the first one's delay lasts, and after it. */
async function survives(t: Stage, signals: NodeJS.Signals[]): Promise<void> {
  const [first = 'SIGTERM', second = 'SIGTERM', third = 'SIGTERM', ...later] = signals;
  const app = await startReady(t, env);
  const held = await holdOrder(t, app);
  try {
    const at = performance.now();
    app.signal(first);
    await mustServe(t, app, first, at, delayMs * 0.3);
    app.signal(second);
    await mustServe(t, app, `${first}, ${second}`, at, delayMs * 0.85);
    app.signal(third);
    const overMs = Math.max(0, at + delayMs - performance.now());
    const since = `${delayMs} ms after the first of three signals (${[first, second, third].join(', ')})`;
    await untilRefused(t, app, overMs + toleranceMs, since);
    for (const signal of later) app.signal(signal);
    await app.exitedWithin(300);
    const reply = await held.finish();
    t.require(reply.status === 201, {
      step: `${signals.join(', ')}; then the body of an order in flight comes`,
      expected: '201',
      seen: inWords(reply),
    });
    await mustEnd(t, app);
  } finally {
    held.drop();
  }
}

/** Not ready at once, and everything else as before for the whole delay, which counts from the first signal. */
async function mustServe(t: Stage, app: Instance, signals: string, at: number, untilMs: number): Promise<void> {
  do {
    const askedMs = performance.now() - at;
    const ready = await send(app, '/ready');
    t.require(!isYes(ready.status) || askedMs < atOnceMs, {
      step: `${signals}; GET /ready, ${Math.round(askedMs)} ms after the first signal`,
      expected: '503 at once',
      seen: String(ready.status),
      because: 'The balancer sends requests to this instance as long as it says that it is ready.',
      lookAt: 'does each signal lead to the same steps?',
    });
    const live = await send(app, '/live');
    const afterMs = live.at - at;
    t.require(live.status === 200 || afterMs >= delayMs, {
      step: `${signals}; GET /live on a new connection, ${Math.round(afterMs)} ms after the first signal`,
      expected: `200, for ${delayMs} ms`,
      seen: inWords(live),
      because:
        'The balancer has not found out yet. A signal that leaves out the delay, or shortens it, breaks requests.',
      lookAt: 'does each signal lead to the same steps, and what does a second one change in those of the first?',
    });
    await delay(restMs);
  } while (performance.now() - at < untilMs);
}
