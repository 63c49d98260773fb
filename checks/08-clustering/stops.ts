import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { waitFor } from './patience.ts';
import { keptConnection, mustAnswer } from './requests.ts';
import { aWorkerOf, processes, servingPids, settled, workersByDefault } from './workers.ts';

/** Told to the extra instance. The default is ten times as long, and nobody wants to wait for it. */
const drainTimeoutMs = 1_000;
/** What an app may take beyond it, on a busy machine, too. */
const graceMs = 4_000;
const orphansWithinMs = 2_000;
/** Clients of Redis commonly wait for a second or more. */
const mostHeldMs = 800;
/** Less than the five seconds after which Node closes a connection that nobody uses. */
const mostIdleMs = 4_000;

/** What becomes of the workers when the app is to end. */
export function stopBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'drain',
    'SIGTERM to the primary drains every worker, and the app exits with 0',
    {
      because: 'A worker ended with requests in flight. Every deploy breaks off what its customers are waiting for.',
      lookAt: 'what does the primary do on SIGTERM, what do the workers do, and what does each wait for?',
    },
    async (t) => {
      try {
        await drains(t);
      } finally {
        await t.app(1).kill(); // Told to end already: the next behaviour gets a new one.
      }
    },
    { limitMs: 90_000 },
  );

  behaviour(
    'stuck',
    'a worker that will not stop is killed after DRAIN_TIMEOUT_MS',
    {
      because:
        'The primary waits for a worker that never ends. A deploy that waits for the primary never ends, either.',
      lookAt: 'how long does the primary wait for its workers after SIGTERM, and what does it do then?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const app = await t.startExtra({
        env: { WEB_CONCURRENCY: '2', DRAIN_TIMEOUT_MS: String(drainTimeoutMs) },
      });
      const worker = aWorkerOf(t, app, await servingPids(t, app, 2));
      process.kill(worker, 'SIGSTOP');
      app.signal('SIGTERM');
      t.step(`DRAIN_TIMEOUT_MS=${drainTimeoutMs}: SIGTERM while a worker is stuck (SIGSTOP)`);
      const goneWithinMs = drainTimeoutMs + graceMs;
      const what = 'the end of the last process';
      const goneMs = await waitFor(t, app, { what, limitMs: goneWithinMs, done: () => app.tree().length === 0 });
      const left = goneMs === undefined ? app.tree() : [];
      const orphaned = left.length > 0 && app.exited;
      t.require(left.length === 0, {
        expected: `no process of the app to be left after ${goneWithinMs} ms`,
        seen: orphaned ? `${processes(left.length)} left; the primary has ended` : `${processes(left.length)} left`,
        ...(orphaned
          ? {
              because: 'The primary went and left a stuck worker behind. Nobody will ever end it.',
              lookAt: 'what does the primary make sure of before it exits?',
            }
          : {}),
      });
      t.atMost(what, goneMs ?? 0, goneWithinMs, 'ms');
    },
    { limitMs: 90_000, background: true },
  );

  behaviour(
    'no-orphans',
    'SIGKILL to the primary leaves no worker behind',
    {
      because:
        'The workers live on without their primary. They keep their memory and connections, perhaps the port, and nobody ends them any more.',
      lookAt: 'how does a worker learn that its primary is gone?',
    },
    async (t) => {
      const app = t.app(1);
      // A worker that still starts when its primary dies would end by itself: its first message has no receiver.
      await servingPids(t, app, workersByDefault(t));
      await settled(app);
      app.signal('SIGKILL');
      t.step('SIGKILL to the primary');
      const what = 'the end of the last worker';
      const goneMs = await waitFor(t, app, { what, limitMs: orphansWithinMs, done: () => app.tree().length === 0 });
      const left = goneMs === undefined ? app.tree().length : 0;
      await app.kill(); // Also waits until its end is known, so that the next one is started.
      t.require(left === 0, {
        expected: `no process of the app after ${orphansWithinMs / 1_000} s`,
        seen: `${processes(left)} left`,
      });
      t.atMost(what, goneMs ?? 0, orphansWithinMs, 'ms');
    },
    { limitMs: 60_000 },
  );
}

/** Requests that wait for Redis are in flight in every worker when SIGTERM comes. */
async function drains(t: Stage): Promise<void> {
  if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
  let family = await termInFlight(t);
  for (let attempt = 2; !family && attempt <= 3; attempt++) {
    await t.restart(1);
    t.trail.splice(0);
    family = await termInFlight(t);
  }
  const app = t.app(1);
  if (!family) t.inconclusive('the machine is so slow that requests would have waited too long for Redis');
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
      : {
          because: 'Everything went well, and the app says that it failed. Whoever supervises it will believe that.',
          lookAt: 'with which code does the primary exit, and what happens before it?',
        }),
  });
  const left = app.tree().filter(({ pid }) => family?.has(pid));
  t.require(left.length === 0, {
    expected: 'no worker to outlive the primary',
    seen: `${processes(left.length)} left`,
    because: 'The primary exited before its workers. What they still do, nobody waits for.',
    lookAt: 'how does the primary know that the last worker has ended?',
  });
}

/**
 * Holds requests at Redis, and lets go once every process has had the SIGTERM, or has died of it.
 * @returns the pids before, or undefined when this took so long that a right app may have given up waiting for Redis,
 * or closed a connection on which nothing came.
 */
async function termInFlight(t: Stage): Promise<Set<number> | undefined> {
  const app = t.app(1);
  await settled(app);
  const family = new Set(app.tree().map(({ pid }) => pid));
  // A kept connection that has had an answer is one that a worker has accepted.
  const agents = Array.from({ length: 4 * workersByDefault(t) }, keptConnection);
  try {
    await Promise.all(agents.map((agent) => mustAnswer(t, app, 'GET', '/health', { agent })));
    if (!(await settled(app, mostIdleMs))) return undefined;
    let seen = false;
    const heldFrom = performance.now();
    const leftMs = () => mostHeldMs - (performance.now() - heldFrom);
    t.redis.pause();
    const answered = Promise.all(agents.map((agent) => mustAnswer(t, app, 'POST', '/visits', { agent }))).then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      await delay(50);
      // They have arrived: who sleeps has read all that was there.
      if (await settled(app, leftMs() / 2)) {
        app.signal('SIGTERM');
        await delay(50);
        seen = (await settled(app, leftMs())) && leftMs() > 0;
      }
    } finally {
      t.redis.resume();
    }
    const failure = await answered;
    if (!seen) return undefined;
    t.trail.splice(1); // Each that broke has left its line.
    if (failure) throw failure;
    t.step(`SIGTERM while ${agents.length} × POST /visits wait for Redis: all answered`);
    return family;
  } finally {
    for (const agent of agents) agent.destroy();
  }
}
