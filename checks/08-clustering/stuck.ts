import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { startInTurn } from './turns.ts';
import { aWorkerOf, killEach, processes, servingPids, settled, settledAfterMs, workersOf } from './workers.ts';

/** A short one, after which a stuck worker is gone, and a long one, before which nobody may be killed. */
const shortTimeoutMs = 1_000;
const longTimeoutMs = 20_000;
/** What an app may take beyond it, on a busy machine, too. */
const graceMs = 4_000;
/** Longer than an app with a time-out of its own takes that is short enough for `shortTimeoutMs` and `graceMs`. */
const stuckForMs = shortTimeoutMs + graceMs + 500;

/** An app that has started nobody by then waits before it replaces a worker. */
const replacedAtOnceMs = 200;

/** Stops a worker, then tells the app to end, with two values of DRAIN_TIMEOUT_MS at the same time. */
export async function endsTheStuck(t: Stage): Promise<void> {
  if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
  const [long, short] = [await stopAWorker(t, longTimeoutMs), await stopAWorker(t, shortTimeoutMs)];
  await loseTheOther(long);
  const family = new Set(long.app.tree().map(({ pid }) => pid));
  short.app.signal('SIGTERM');
  long.app.signal('SIGTERM');
  const termAt = performance.now();
  t.step(`DRAIN_TIMEOUT_MS=${shortTimeoutMs}: SIGTERM while a worker is stuck (SIGSTOP)`);
  await mustBeGone(t, short.app);
  while (performance.now() - termAt < stuckForMs) await delay(20);
  const killed = !long.app.tree().some(({ pid }) => pid === long.worker);
  const waitedMs = performance.now() - termAt;
  try {
    process.kill(long.worker, 'SIGCONT');
  } catch {}
  if (killed && waitedMs > longTimeoutMs - 2_000)
    t.inconclusive('the machine is so slow that DRAIN_TIMEOUT_MS was over before anybody looked');
  t.trail.begin();
  t.step(`DRAIN_TIMEOUT_MS=${longTimeoutMs}: SIGTERM while a worker is stuck (SIGSTOP)`);
  t.require(!killed, {
    expected: `the worker to have ${longTimeoutMs} ms`,
    seen: `it was gone after ${Math.round(waitedMs)} ms`,
    because:
      'DRAIN_TIMEOUT_MS is not what decides. Whoever runs the app knows how long its requests may take, and says so there.',
    lookAt: 'where does the time come from after which workers are killed?',
  });
  t.step(`SIGCONT after ${(waitedMs / 1_000).toFixed(1)} s`);
  const exited = await long.app.exitedWithin(8_000);
  const late = exited ? [] : long.app.tree().filter(({ pid }) => !family.has(pid));
  t.require(late.length === 0, {
    expected: 'the app to end',
    seen: `it still runs, with ${processes(late.length)} started after SIGTERM`,
    because: 'A worker had died just before SIGTERM. It was replaced after it, and nobody has told the new one to end.',
    lookAt: 'what becomes of a start that is planned when SIGTERM comes?',
  });
  t.require(exited && long.app.exitCode === 0, {
    expected: 'the worker to end, then exit code 0',
    seen: exited ? long.app.ending() : 'the app still runs',
    because: 'The worker was late, but within its time. That is a normal end.',
  });
}

async function stopAWorker(t: Stage, drainTimeoutMs: number) {
  const app = await startInTurn(t, { WEB_CONCURRENCY: '2', DRAIN_TIMEOUT_MS: String(drainTimeoutMs) });
  const worker = aWorkerOf(t, app, await servingPids(t, app, 2));
  const servesSince = performance.now();
  process.kill(worker, 'SIGSTOP');
  return { app, worker, servesSince };
}

/** The other worker dies. SIGTERM must come when it has been replaced, or before that if the app takes its time. */
async function loseTheOther({ app, worker, servesSince }: Awaited<ReturnType<typeof stopAWorker>>): Promise<void> {
  const others = workersOf(app).filter((pid) => pid !== worker);
  const old = new Set(workersOf(app));
  await delay(Math.max(0, servesSince + settledAfterMs - performance.now()));
  killEach(others);
  const killedAt = performance.now();
  const isReplaced = () => workersOf(app).some((pid) => !old.has(pid));
  while (!isReplaced() && performance.now() - killedAt < replacedAtOnceMs) await delay(lookEveryMs);
  if (isReplaced()) await settled(app);
}

async function mustBeGone(t: Stage, app: Awaited<ReturnType<typeof stopAWorker>>['app']): Promise<void> {
  const goneWithinMs = shortTimeoutMs + graceMs;
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
}
