import { type CheckDefinition, disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { holdOrder } from './held.ts';
import { skipOnWindows, startReady } from './ready.ts';
import { mustEnd, untilRefused } from './signals.ts';
import { inWords, send } from './wire.ts';

/** What the README says of whoever does not set them. */
const usual = { delayMs: 5_000, timeoutMs: 8_000 };
/** A 0 is a number, too, and no delay stands above it. By then five seconds, which many would write down, are not over. */
const atOnce = { delayMs: 6_000, timeoutMs: 0, goneWithinMs: 3_500 };
/** How long after a delay of nothing an app may still take connections. */
const refusedWithinMs = 2_500;
/** An order that takes longer than those ten seconds, with a deadline that is not over. */
const slow = { orderMs: 10_300, timeoutMs: 30_000 };

/** Line 5, and what the table says of 0 and of variables that are not set. */
export function deadlineBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'deadline',
    'a request that never ends holds the process for SHUTDOWN_TIMEOUT_MS, not longer, and the exit code is 1',
    {
      because: 'A request that never ends keeps a process alive that should be gone. The deploy stands still.',
      lookAt: 'what ends the process when a request in flight does not end, and from when does its time count?',
    },
    async (t) => {
      skipOnWindows(t);
      // The one that takes longest begins first. They share one trail, so each failure tells its own steps, and nothing else is told.
      await Promise.all([endsInTime(t), endsByDefault(t, ownDelay), endsByDefault(t, ownDeadline), endsAtOnce(t)]);
    },
    { limitMs: 60_000, background: true },
  );
}

async function endsInTime(t: Stage): Promise<void> {
  const { orderMs, timeoutMs } = slow;
  const env = { DRAIN_DELAY_MS: '0', SHUTDOWN_TIMEOUT_MS: String(timeoutMs) };
  const app = await startReady(t, env, orderMs);
  const held = await holdOrder(t, app);
  const what = `DRAIN_DELAY_MS=0, SHUTDOWN_TIMEOUT_MS=${timeoutMs}, an order in flight, SIGTERM`;
  try {
    const at = performance.now();
    app.signal('SIGTERM');
    await untilRefused(t, app, refusedWithinMs, 'when DRAIN_DELAY_MS is 0');
    await app.exitedWithin(at + orderMs - performance.now()); // Its client is slow. That is no reason to end.
    const reply = await held.finish();
    t.require(reply.status === 201, {
      step: `${what}; the order’s body comes after ${orderMs / 1_000} s`,
      expected: '201',
      seen: inWords(reply),
      because: `The process ended, or cut the order off, long before SHUTDOWN_TIMEOUT_MS was over, which is ${timeoutMs / 1_000} s here.`,
      lookAt: 'where does the time come from for which requests in flight are waited for?',
    });
    await mustEnd(t, app, { step: `${what}: it is answered after ${orderMs / 1_000} s, in time` });
  } finally {
    held.drop();
  }
}

interface Default {
  env: NodeJS.Dict<string>;
  what: string;
  timeoutMs: number;
  /** When an order in flight is to be answered: before that deadline. */
  inTimeMs: number;
  goneWithinMs: number;
}

/** One is set and the other is not: a default that is worked out from the other one would be another than the README's. */
const ownDelay: Default = {
  env: { DRAIN_DELAY_MS: undefined, SHUTDOWN_TIMEOUT_MS: '6000' },
  what: 'DRAIN_DELAY_MS is not set, SHUTDOWN_TIMEOUT_MS=6000',
  timeoutMs: 6_000,
  inTimeMs: 5_500,
  goneWithinMs: 7_500, // Before the delay and the deadline one after the other.
};
const ownDeadline: Default = {
  env: { DRAIN_DELAY_MS: '0', SHUTDOWN_TIMEOUT_MS: undefined },
  what: 'DRAIN_DELAY_MS=0, SHUTDOWN_TIMEOUT_MS is not set',
  timeoutMs: usual.timeoutMs,
  inTimeMs: 7_000, // Two seconds after the five of many an example.
  goneWithinMs: 9_500, // And before the ten of others.
};

/** The delay and the deadline that the README names. The deadline counts from the signal. */
async function endsByDefault(t: Stage, which: Default): Promise<void> {
  const { env, timeoutMs, inTimeMs, goneWithinMs } = which;
  const what = `${which.what}, two orders in flight, SIGTERM`;
  const app = await startReady(t, env, goneWithinMs);
  const late = await holdOrder(t, app);
  const meanwhile = async (at: number) => {
    if (which === ownDelay) await mustServeInTheDelay(t, app, what, at);
    await app.exitedWithin(at + inTimeMs - performance.now());
    const answer = await late.finish();
    t.require(answer.status === 201 || answer.at - at > timeoutMs, {
      step: `${what}; the body of one order comes after ${inTimeMs / 1_000} s`,
      expected: '201',
      seen: inWords(answer),
      because: `${which === ownDeadline ? 'Without SHUTDOWN_TIMEOUT_MS the deadline is the one in the README' : 'The deadline is SHUTDOWN_TIMEOUT_MS'}, ${timeoutMs / 1_000} s. This process did not wait that long.`,
      lookAt: 'which deadline does the process take if SHUTDOWN_TIMEOUT_MS is not set, and from when does it count?',
    });
  };
  try {
    await mustBeGone(t, app, { what, goneWithinMs, meanwhile });
  } finally {
    late.drop();
  }
}

async function mustServeInTheDelay(t: Stage, app: Instance, what: string, at: number): Promise<void> {
  await app.exitedWithin(usual.delayMs * 0.85);
  const reply = await send(app, '/live');
  t.require(reply.status === 200 || reply.at - at > usual.delayMs, {
    step: `${what}, and GET /live after ${((reply.at - at) / 1_000).toFixed(1)} s`,
    expected: 'an answer as before, for 5 s',
    seen: inWords(reply),
    because: 'Who says nothing of the delay gets the one in the README, which is longer than a balancer takes.',
    lookAt: 'which delay does the process take if DRAIN_DELAY_MS is not set?',
  });
}

async function endsAtOnce(t: Stage): Promise<void> {
  const { delayMs, timeoutMs, goneWithinMs } = atOnce;
  const app = await startReady(t, { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: String(timeoutMs) });
  const what = `DRAIN_DELAY_MS=${delayMs}, SHUTDOWN_TIMEOUT_MS=${timeoutMs}, an order in flight, SIGTERM`;
  await mustBeGone(t, app, { what, goneWithinMs });
}

interface Gone {
  what: string;
  goneWithinMs: number;
  meanwhile?: (at: number) => Promise<void>;
}

/** An order whose body never comes is in flight. */
async function mustBeGone(t: Stage, app: Instance, { what, goneWithinMs, meanwhile }: Gone): Promise<void> {
  const never = await holdOrder(t, app);
  const watch = new MachineWatch();
  try {
    const at = performance.now();
    app.signal('SIGTERM');
    await meanwhile?.(at);
    const step = `${what}; the body of an order never comes`;
    const leftMs = at + goneWithinMs - performance.now();
    const isGone = await app.exitedWithin(Math.max(0, leftMs));
    // A timer may be late there, and not by seconds.
    if (!isGone && disturbs(watch.otherCoresBusy()) && (await app.exitedWithin(goneWithinMs / 2)))
      t.inconclusive('the machine was too busy to say when the process ended');
    t.require(isGone, {
      step,
      expected: `an end within ${goneWithinMs / 1_000} s`,
      seen: 'the process still runs',
    });
    const endedMs = Math.round(performance.now() - at);
    await mustEnd(t, app, { step: `${step}: it ended after ${endedMs} ms`, code: 1 });
  } finally {
    never.drop();
  }
}
