import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { inWords, type Reply, send } from './wire.ts';

/** SIGTERM, and when it was sent: an app can't count its delay from an earlier moment. */
export function terminate(t: Stage, app: Instance, signal: NodeJS.Signals = 'SIGTERM'): number {
  t.step(signal);
  const at = performance.now();
  app.signal(signal);
  return at;
}

/** Asks on fresh connections until none is taken any more. */
export async function untilRefused(t: Stage, app: Instance, withinMs: number, seenBefore: string): Promise<void> {
  let last: Reply | undefined;
  const from = t.trail.length;
  for (const until = performance.now() + withinMs; performance.now() < until; ) {
    last = await send(app, '/live');
    t.trail.retell(from);
    if (last.broke && last.broke !== 'late') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.require(false, {
    step: 'GET /live on new connections, again and again',
    expected: `no new connections ${seenBefore}`,
    seen: last ? inWords(last) : 'no answer',
    because: 'An instance that goes on taking connections is never through with its work.',
    lookAt: 'when does the server stop to listen, and where does that time come from?',
  });
}

interface Ending {
  /** What was done, where the trail tells of several apps. */
  step?: string;
  code?: number;
  withinMs?: number;
  /** Where it does not end. 'own': what the behaviour says. */
  teaching?: Teaching | 'own';
}

const staysUp: Teaching = {
  because: 'Nothing is in flight, and the process stays. The deploy waits for it, or kills it.',
  lookAt: 'what is still open: a connection, a timer, the client of Redis?',
};

/** The app has answered what it had: now it ends by itself, with this exit code. */
export async function mustEnd(
  t: Stage,
  app: Instance,
  { step = '', code = 0, withinMs = 5_000, teaching = staysUp }: Ending = {},
): Promise<void> {
  t.require(await app.exitedWithin(withinMs), {
    ...(step ? { step } : {}),
    expected: `the app to end within ${withinMs / 1_000} s of its last answer`,
    seen: 'it still runs',
    ...(teaching === 'own' ? {} : teaching),
  });
  t.require(app.exitCode === code, {
    ...(step ? { step } : {}),
    expected: `exit code ${code}`,
    seen: app.ending(),
    because:
      code === 0
        ? 'Whoever started the app takes any other ending for a crash, and may call somebody.'
        : 'Whoever started the app must learn that a request was cut off.',
    lookAt: 'who ends the process, and with which code?',
  });
}
