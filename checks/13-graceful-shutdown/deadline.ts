import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { skipOnWindows, startReady } from './ready.ts';
import { mustEnd } from './signals.ts';
import { HeldOrder, inWords } from './wire.ts';

/** Each with what is several times it, or a good deal more, and less than what is wrong. */
const deadlines = [
  // Less than the five or ten seconds that many would write down.
  { delayMs: 200, timeoutMs: 1_000, goneWithinMs: 4_000 },
  // Less than the delay and the deadline one after the other: it counts from the signal.
  { delayMs: 4_000, timeoutMs: 4_500, goneWithinMs: 6_500 },
];
const longMs = 20_000;
/** An order that takes longer than many a fixed deadline, and is in time for this one. */
const slowMs = 3_500;

/** Line 5. */
export function deadlineBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'deadline',
    'a request that never ends holds the process for SHUTDOWN_TIMEOUT_MS, not longer, and the exit code is 1',
    {
      because: 'A request that never ends keeps a process alive that should be gone. The deploy stands still.',
      lookAt: 'what ends the process when a request in flight does not end, and when?',
    },
    async (t) => {
      skipOnWindows(t);
      await Promise.all([...deadlines.map((each) => neverEnds(t, each)), endsInTime(t)]);
    },
    { limitMs: 40_000, background: true },
  );
}

async function neverEnds(t: Stage, { delayMs, timeoutMs, goneWithinMs }: (typeof deadlines)[number]): Promise<void> {
  const app = await startReady(t, { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: String(timeoutMs) });
  const held = await HeldOrder.begin(t, app);
  try {
    const at = performance.now();
    app.signal('SIGTERM');
    const exited = await app.exitedWithin(goneWithinMs);
    const what = `DRAIN_DELAY_MS=${delayMs}, SHUTDOWN_TIMEOUT_MS=${timeoutMs}, an order whose body never comes, SIGTERM`;
    t.require(exited, {
      step: what,
      expected: `an end within ${goneWithinMs / 1_000} s`,
      seen: 'the process still runs',
    });
    t.step(`${what}: it ended after ${Math.round(performance.now() - at)} ms`);
    await mustEnd(t, app, { code: 1 });
  } finally {
    held.drop();
  }
}

async function endsInTime(t: Stage): Promise<void> {
  const app = await startReady(t, { DRAIN_DELAY_MS: '200', SHUTDOWN_TIMEOUT_MS: String(longMs) });
  const held = await HeldOrder.begin(t, app);
  try {
    app.signal('SIGTERM');
    await app.exitedWithin(slowMs); // Its client is slow. That is no reason to end.
    const reply = await held.finish();
    t.require(reply.status === 201, {
      step: `SHUTDOWN_TIMEOUT_MS=${longMs}, SIGTERM, and an order whose body comes after ${slowMs / 1_000} s`,
      expected: '201',
      seen: inWords(reply),
      because: 'The process ended, or cut the order off, long before SHUTDOWN_TIMEOUT_MS was over.',
      lookAt: 'where does the time come from for which requests in flight are waited for?',
    });
    t.trail.begin(`an order in flight is answered ${slowMs / 1_000} s after SIGTERM, in time`);
    await mustEnd(t, app);
  } finally {
    held.drop();
  }
}
