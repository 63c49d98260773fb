import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/behaviour.ts';
import type { CheckDefinition } from '../harness/check.ts';
import type { Instance } from '../harness/environment.ts';
import { keptConnection, mustAnswer } from './requests.ts';
import { aWorkerOf, processes, servingPids, settled, workersByDefault } from './workers.ts';

/** Told to the extra instance. The default is ten times as long, and nobody wants to wait for it. */
const drainTimeoutMs = 1_000;
/** What an app may take beyond it, on a busy machine, too. */
const graceMs = 4_000;
const orphansWithinMs = 2_000;

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
    { limitMs: 45_000 },
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
      const startedAt = performance.now();
      const goneWithinMs = drainTimeoutMs + graceMs;
      const sinceMs = () => performance.now() - startedAt;
      while (app.tree().length > 0 && sinceMs() < goneWithinMs) await delay(20);
      const left = app.tree();
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
      t.atMost('the end of the last process', sinceMs(), goneWithinMs, 'ms');
    },
    { limitMs: 60_000, background: true },
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
      app.signal('SIGKILL');
      t.step('SIGKILL to the primary');
      const killedAt = performance.now();
      const sinceMs = () => performance.now() - killedAt;
      while (app.tree().length > 0 && sinceMs() < orphansWithinMs) await delay(20);
      const left = app.tree().length;
      await app.kill(); // Also waits until its end is known, so that the next one is started.
      t.require(left === 0, {
        expected: `no process of the app after ${orphansWithinMs / 1_000} s`,
        seen: `${processes(left)} left`,
      });
      t.atMost('the end of the last worker', sinceMs(), orphansWithinMs, 'ms');
    },
  );
}

/** Requests that wait for Redis are in flight in every worker when SIGTERM comes. */
async function drains(t: Stage): Promise<void> {
  if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
  const app = t.app(1);
  await settled(app);
  const family = app.tree();
  // A kept connection that has had an answer is one that a worker has accepted.
  const agents = Array.from({ length: 4 * workersByDefault(t) }, keptConnection);
  try {
    await Promise.all(agents.map((agent) => mustAnswer(t, app, 'GET', '/health', { agent })));
    await settled(app);
    const { heldMs, answered } = await inFlight(t, app, agents);
    const failure = await answered.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure && heldMs > 800) t.inconclusive('the machine was so slow that requests waited too long for Redis');
    if (failure) throw failure;
  } finally {
    for (const agent of agents) agent.destroy();
  }
  t.step(`SIGTERM while ${agents.length} × POST /visits wait for Redis: all answered`);
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
  const left = app.tree().filter(({ pid }) => family.some((row) => row.pid === pid));
  t.require(left.length === 0, {
    expected: 'no worker to outlive the primary',
    seen: `${processes(left.length)} left`,
    because: 'The primary exited before its workers. What they still do, nobody waits for.',
    lookAt: 'how does the primary know that the last worker has ended?',
  });
}

async function inFlight(
  t: Stage,
  app: Instance,
  agents: Agent[],
): Promise<{ heldMs: number; answered: Promise<unknown> }> {
  t.redis.pause();
  const heldFrom = performance.now();
  try {
    const answered = Promise.all(agents.map((agent) => mustAnswer(t, app, 'POST', '/visits', { agent })));
    answered.catch(() => {}); // Awaited by the caller.
    await delay(100);
    await settled(app, 300);
    app.signal('SIGTERM');
    await delay(150);
    return { heldMs: performance.now() - heldFrom, answered };
  } finally {
    t.redis.resume();
  }
}
