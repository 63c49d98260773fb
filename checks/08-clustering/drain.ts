import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { type HeldRequests, holdRequests, type Subject } from './held-requests.ts';
import { processes, settled } from './workers.ts';

interface Ending {
  /** "SIGTERM" */
  what: string;
  terminate: (app: Instance, family: Iterable<number>) => void;
  /** Whether it comes once more when the app has had time for the first. */
  twice?: boolean;
}

/** Requests are in flight when the app is told to end: all are answered, then all processes end, and the code is 0. */
export async function mustDrain(t: Stage, open: () => Promise<Subject>, ending: Ending): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    t.trail.begin();
    const subject = await open();
    const { app } = subject;
    await settled(app);
    const family = new Set(app.tree().map(({ pid }) => pid));
    const held = await holdRequests(t, subject);
    if (!held) continue;
    try {
      if (!(await drainsInTime(t, app, family, held, ending))) continue;
      // The connections are still open.
      await mustEnd(t, app, family);
      return;
    } finally {
      await held.end();
    }
  }
  t.inconclusive('the machine is so slow that requests would have waited too long for Redis');
}

/**
 * Lets Redis answer once every process has had the SIGTERM, or has died of it.
 * @returns whether that was soon enough for a right app to be still waiting for Redis.
 */
async function drainsInTime(
  t: Stage,
  app: Instance,
  family: Set<number>,
  held: HeldRequests,
  { what, terminate, twice }: Ending,
): Promise<boolean> {
  let inTime = false;
  try {
    terminate(app, family);
    await delay(50);
    if (twice) {
      terminate(app, family);
      await delay(50);
    }
    inTime = (await settled(app, held.leftMs())) && held.leftMs() > 0;
  } finally {
    held.letGo();
  }
  const failure = await held.failure;
  if (!inTime) return false;
  const broken = t.trail.last;
  t.trail.begin();
  t.step(`${what} while ${held.count} requests to /visits wait for Redis${failure ? '' : ': all answered'}`);
  if (failure && broken) t.step(broken.what, broken.answer); // Each that broke has left its line; one is enough.
  if (failure) throw failure;
  return true;
}

/**
 * Nothing is left to answer: all processes end, and the code is 0.
 * @param failed what to say of another code, if not that every request was answered.
 */
export async function mustEnd(
  t: Stage,
  app: Instance,
  family: ReadonlySet<number>,
  failed: Teaching = {
    because: 'Every request was answered, and the app says that it failed. Its supervisor will believe that.',
    lookAt: 'with which code does the primary exit, and what happens before it?',
  },
): Promise<void> {
  const exited = await app.exitedWithin(8_000);
  t.require(exited, {
    expected: 'the app to exit within 8 s of its last answer',
    seen: 'it still runs',
    because: 'The answers are out, but something keeps the app alive: a worker, a connection that is kept, a timer.',
  });
  t.require(app.exitCode === 0, {
    expected: 'exit code 0',
    seen: app.ending(),
    ...(app.exitCode === null
      ? {
          because: 'Nobody handles SIGTERM, so it ends the process at once, whatever that is doing.',
          lookAt: 'what does the process that was started do on SIGTERM?',
        }
      : failed),
  });
  const left = app.tree(0).filter(({ pid }) => family.has(pid));
  t.require(left.length === 0, {
    expected: 'no worker to outlive the primary',
    seen: `${processes(left.length)} left`,
    because: 'The primary exited before its workers. What they still do, nobody waits for.',
    lookAt: 'how does the primary know that the last worker has ended?',
  });
}
