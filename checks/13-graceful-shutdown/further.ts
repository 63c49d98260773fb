import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { halfAHeadBehaviour } from './half-a-head.ts';
import { holdOrder } from './held.ts';
import { signalBehaviour } from './more-signals.ts';
import { orderOf } from './orders.ts';
import { isYes, ownRedis, skipOnWindows, startReady } from './ready.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { streamBehaviour } from './streams.ts';
import { startInTurn } from './turns.ts';
import { send } from './wire.ts';

const drainDelayMs = 300;
/** Several times what the drain takes, so that no end here comes from the deadline. */
const env = { DRAIN_DELAY_MS: String(drainDelayMs), SHUTDOWN_TIMEOUT_MS: '30000' };

/** For an end that comes from the deadline, and how long before it the last order is answered. */
const deadlineMs = 1_500;
const justBeforeMs = 150;

/** Lines 8 to 12. */
export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  signalBehaviour(behaviour);
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
      const ids = await sellMany(drained);
      drained.signal('SIGTERM');
      await untilRefused(t, drained, 4_000, `after ${drainDelayMs} ms`);
      await inTime.finish();
      await mustEnd(t, drained);
      await mustBeLogged(t, drained, [inTime.order.id], 'SIGTERM; the last order is answered, and the process ends');
      await mustBeLogged(
        t,
        drained,
        ids,
        `${ids.length} orders at once, some with ids that mean something to code; SIGTERM`,
        {
          because: 'The order was confirmed. Support looks for its id in the log, and finds nothing.',
          lookAt:
            'is the id a value on its way to the line, or a part of a format, which lines may be left out, and what is masked?',
        },
      );

      // Many write their lines once a second. Half a second apart, one of the two has written none just before its end.
      await Promise.all([0, 500].map((afterMs) => logsAtTheDeadline(t, afterMs)));
    },
    { limitMs: 40_000, background: true, further: true },
  );

  halfAHeadBehaviour(behaviour);
}

/** What stands in front of an id. None of it is escaped in JSON. */
const uncommon = [
  'x'.repeat(300),
  '50%d',
  'gift-%s',
  '%o%j',
  '100%%',
  '%c',
  '$&',
  '$1',
  '{id}',
  'são-<b>',
  'constructor',
  '__proto__',
];
const rounds = 4;
/** Whole ids. They look like what some would not let into a log. */
const secretive = [
  '1718000000000',
  'order-1718000000000',
  '4111111111111111',
  '378282246310005',
  'ada@example.org',
  '203.0.113.7',
  'DE89370400440532013000',
  '+49-30-901820',
  'password=oslo',
  'token:5f4dcc3b5aa765d61d8327deb882cf99',
  'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
];

/** @returns the ids of those that were answered with 201. */
async function sellMany(app: Instance): Promise<string[]> {
  const orders = Array.from({ length: rounds }, () => uncommon.map((kind) => orderOf(kind))).flat();
  orders.push(...secretive.map((id) => ({ ...orderOf(id), id })));
  const replies = await Promise.all(orders.map((body) => send(app, '/orders', { method: 'POST', body })));
  return orders.filter((_, n) => isYes(replies[n]?.status ?? 0)).map(({ id }) => id);
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

async function mustBeLogged(
  t: Stage,
  app: Instance,
  ids: string[],
  step: string,
  teaching: Partial<Teaching> = {},
): Promise<void> {
  await app.drained();
  const text = app.stdout.since(0);
  const missing = ids.filter((id) => !text.includes(id));
  t.require(missing.length === 0, {
    step,
    expected: `a line with the id of each of ${ids.length} orders on standard output`,
    seen: `${missing.length} without one${missing.length > 0 && ids.length > 1 ? `, such as ${missing[0]}` : ''}`,
    ...teaching,
  });
}
