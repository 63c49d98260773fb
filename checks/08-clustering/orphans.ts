import { setTimeout as delay } from 'node:timers/promises';
import { type Instance, plainRequest, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { holdRequests } from './held-requests.ts';
import { waitFor } from './patience.ts';
import { startInTurn } from './turns.ts';
import { killEach, processes, servingPids, settled, workersByDefault, workersOf } from './workers.ts';

/** By the contract. */
const orphansWithinMs = 2_000;
/** An app that starts nobody by then waits for longer before it replaces a worker that has served for less than a second. */
const replacedWithinMs = 1_500;
/** A start takes 0.2 s. Whoever comes in the middle of it must look often. */
const lookForStartEveryMs = process.platform === 'linux' ? 5 : 50;

/**
 * The primaries of two apps are killed in the middle of work: requests wait for Redis, and connections stay open. Both keep a
 * worker alive that only closes its server. One app drains, and in the other a worker has just been started.
 */
export async function leavesNoOrphans(t: Stage): Promise<void> {
  const drained = t.app(1);
  const workers = workersByDefault(t);
  const started = startInTurn(t, { WEB_CONCURRENCY: '2' }).then(async (app) => {
    await settled(app);
    return app;
  });
  const [serving, other] = await Promise.all([servingPids(t, drained, workers), started]);
  await settled(drained);
  const held = await holdRequests(t, { app: drained, redis: t.redis, workers });
  try {
    for (let i = 0; i < 8; i++)
      plainRequest(new URL('/visits', other.url), { method: i % 2 ? 'GET' : 'POST' }).catch(() => {});
    // One has it from somebody else than its primary, and before the others.
    const first = workers > 1 ? serving.find((pid) => pid !== drained.pid) : undefined;
    if (first) process.kill(first, 'SIGTERM');
    await delay(50);
    const ofOther = startsAnother(other).then(async (fresh) => ({ fresh, ms: await killed(t, other) }));
    if (process.platform !== 'win32') drained.signal('SIGTERM');
    await delay(50);
    await settled(drained, 500);
    const [drainedMs, { fresh, ms }] = await Promise.all([killed(t, drained), ofOther]);
    const left = ms === undefined ? other.tree().map(({ pid }) => pid) : [];
    const leftDraining = drainedMs === undefined ? drained.tree() : [];
    // Also waits until their end is known, so that the next one is started.
    await Promise.all([other.kill(), drained.kill()]);
    t.step('SIGKILL to the primary while requests are in flight');
    mustBeNone(t, left.length, left.every((pid) => fresh.includes(pid)) ? whileStarting : {});
    t.step('SIGTERM to the primary of another app while requests are in flight, then SIGKILL');
    mustBeNone(t, leftDraining.length, whileDraining);
    t.atMost(what, Math.max(drainedMs ?? 0, (ms ?? 0) - other.startedInMs), orphansWithinMs, 'ms');
  } finally {
    await held?.end();
  }
}

const what = 'the end of the last worker';

const whileStarting = {
  because:
    'A worker had just been started when its primary died, and Redis said nothing. The channel to the primary closed before the worker listened for its end, so it never hears of it.',
  lookAt: 'what does a worker do to learn that its primary is gone, and what does it wait for before it does that?',
};

const whileDraining = {
  because:
    'A worker that was finishing its requests lives on without its primary. Nobody limits any more how long that takes.',
  lookAt: 'what tells a worker that its primary is gone, and does that still reach it after SIGTERM?',
};

/** SIGKILL to the primary. A worker that is being loaded may hear of it at the end of that, which takes a start. */
function killed(t: Stage, app: Instance): Promise<number | undefined> {
  app.signal('SIGKILL');
  const limitMs = orphansWithinMs + (app === t.app(1) ? 0 : app.startedInMs);
  // Redis goes on saying nothing: who waits for its requests to end before it ends waits for ever.
  return waitFor(t, app, { what, limitMs, done: () => app.tree().length === 0 });
}

/** Kills a worker. Resolves as soon as there is a new one, or when it does not come at once. */
async function startsAnother(app: Instance): Promise<number[]> {
  const old = new Set(workersOf(app));
  if (old.size === 0) return []; // It has but one process.
  killEach([...old].slice(0, 1));
  const fresh = () => app.descendants().flatMap(({ pid }) => (old.has(pid) ? [] : [pid]));
  for (const from = performance.now(); fresh().length === 0 && performance.now() - from < replacedWithinMs; )
    await delay(lookForStartEveryMs);
  return fresh();
}

function mustBeNone(t: Stage, left: number, teaching: Partial<Teaching>): void {
  t.require(left === 0, {
    expected: `no process of the app after ${orphansWithinMs / 1_000} s`,
    seen: `${processes(left)} left`,
    ...teaching,
  });
}
