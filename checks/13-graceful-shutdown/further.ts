import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { halfAHeadBehaviour } from './half-a-head.ts';
import { holdOrder } from './held.ts';
import { ownRedis, skipOnWindows, startReady } from './ready.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { streamBehaviour } from './streams.ts';
import { startInTurn } from './turns.ts';
import { inWords, send } from './wire.ts';

const drainDelayMs = 300;
/** Several times what the drain takes, so that no end here comes from the deadline. */
const env = { DRAIN_DELAY_MS: String(drainDelayMs), SHUTDOWN_TIMEOUT_MS: '30000' };

/** For an end that comes from the deadline, and how long before it the last order is answered. */
const deadlineMs = 1_500;
const justBeforeMs = 150;

/** Lines 8 to 12. */
export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
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

  streamBehaviour(behaviour);

  behaviour(
    'without-redis',
    'SIGTERM while Redis hangs ends the app all the same, also one that has no price list yet',
    {
      because: 'A good-bye to a Redis that does not reply takes for ever. So does waiting for a price list.',
      lookAt: 'what does the end of the process wait for?',
    },
    async (t) => {
      skipOnWindows(t);
      const redis = await ownRedis(t);
      const running = await startReady(t, { ...env, REDIS_URL: redis.appUrl });
      redis.pause();
      const starting = await startInTurn(t, { ...env, REDIS_URL: redis.appUrl });
      t.trail.begin('Redis hangs; one instance is running, one has just started');
      for (const app of [running, starting]) {
        await send(app, '/live');
        terminate(t, app);
        await mustEnd(t, app, { withinMs: 6_000, teaching: 'own' });
      }
    },
    { limitMs: 40_000, background: true, further: true },
  );

  behaviour(
    'log',
    'the log has a line for each order, also for the last ones',
    {
      because: 'Lines that wait to be written end with the process.',
      lookAt: 'what has to happen to the log before the process ends, however it ends?',
    },
    async (t) => {
      skipOnWindows(t);
      const drained = await startReady(t, env);
      const inTime = await holdOrder(t, drained);
      drained.signal('SIGTERM');
      await untilRefused(t, drained, 4_000, `after ${drainDelayMs} ms`);
      await inTime.finish();
      await mustEnd(t, drained);
      await mustBeLogged(t, drained, [inTime.order.id], 'SIGTERM; the last order is answered, and the process ends');

      // Many write their lines once a second. Half a second apart, one of the two has written none just before its end.
      await Promise.all([0, 500].map((afterMs) => logsAtTheDeadline(t, afterMs)));
    },
    { limitMs: 40_000, background: true, further: true },
  );

  halfAHeadBehaviour(behaviour);
}

/** An order is answered just before SHUTDOWN_TIMEOUT_MS is over, and another one never ends. */
async function logsAtTheDeadline(t: Stage, afterMs: number): Promise<void> {
  const app = await startReady(t, { ...env, SHUTDOWN_TIMEOUT_MS: String(deadlineMs) });
  const [never, late] = [await holdOrder(t, app), await holdOrder(t, app)];
  try {
    await app.exitedWithin(afterMs);
    const at = performance.now();
    app.signal('SIGTERM');
    await app.exitedWithin(at + deadlineMs - justBeforeMs - performance.now());
    const reply = await late.finish();
    await app.exitedWithin(6_000);
    // On a busy machine it may have come too late.
    if (reply.status !== 201) return;
    const step = `SHUTDOWN_TIMEOUT_MS=${deadlineMs}, SIGTERM; an order is answered just before that time is over, and one never ends`;
    await mustBeLogged(t, app, [late.order.id], step);
  } finally {
    never.drop();
    late.drop();
  }
}

/** The rest of the signals come while the first one's delay lasts, and after it. */
async function survives(t: Stage, [first = 'SIGTERM', second = 'SIGTERM', ...later]: NodeJS.Signals[]): Promise<void> {
  const app = await startReady(t, env);
  const held = await holdOrder(t, app);
  try {
    app.signal(first);
    await send(app, '/ready');
    app.signal(second);
    await untilRefused(t, app, 4_000, `after ${drainDelayMs} ms`);
    for (const signal of later) app.signal(signal);
    await app.exitedWithin(300);
    const reply = await held.finish();
    t.require(reply.status === 201, {
      step: `${[first, second, ...later].join(', ')}; then the body of an order in flight comes`,
      expected: '201',
      seen: inWords(reply),
    });
    await mustEnd(t, app);
  } finally {
    held.drop();
  }
}

async function mustBeLogged(t: Stage, app: Instance, ids: string[], step: string): Promise<void> {
  await app.drained();
  const text = app.stdout.since(0);
  const missing = ids.filter((id) => !text.includes(id));
  t.require(missing.length === 0, {
    step,
    expected: `a line with the id of each of ${ids.length} orders on standard output`,
    seen: `${missing.length} without one`,
  });
}
