import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { mustEnd } from './drain.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { mustAnswer } from './requests.ts';
import { startInTurn } from './turns.ts';
import { aWorkerOf, killEach, processes, settled, settledAfterMs, workersOf } from './workers.ts';

/** By the contract. */
export const replacedWithinMs = 2_000;
/** An app that counts its restarts, and stops at ten, is found by the twelfth. */
const rounds = 2;
const killedEachRound = 6;

/** One worker is told to end. Then all are killed, several times: more often than anybody counts to who counts. */
export async function replacesEach(t: Stage): Promise<void> {
  if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
  const app = await startInTurn(t, { WEB_CONCURRENCY: String(killedEachRound) });
  await settled(app);
  const first = workersOf(app);
  if (first.length === 0) aWorkerOf(t, app, []);
  await delay(settledAfterMs);
  const [told] = first as [number];
  process.kill(told, 'SIGTERM');
  // One that only its primary can end does not end; that is right, too.
  const ended = await waitFor(t, app, {
    what: 'the end of a worker after SIGTERM',
    limitMs: 3_000,
    done: () => !workersOf(app).includes(told),
  });
  if (ended !== undefined) {
    t.step('SIGTERM to one worker, which ends');
    await mustReplace(t, app, new Set(first), 1, {
      because:
        'A worker that ends with code 0 is not replaced. It is missing all the same: nobody told the app to end.',
    });
  }
  for (let round = 1; round <= rounds; round++) {
    await mustServe(t, app);
    await delay(settledAfterMs);
    const old = workersOf(app);
    killEach(old);
    t.step(`SIGKILL to all ${old.length} workers, after they have served for a second`);
    await mustReplace(t, app, new Set(old), killedEachRound, {
      ...(round === 1
        ? { because: 'When several workers die together, not all of them are replaced, or too late.' }
        : {
            because: `${round * killedEachRound} workers have died in the life of this app, and now new ones come too late or not at all. A limit that only counts up, or a delay that only grows, stops every app that runs for long.`,
            lookAt: 'what is counted, and when does that number fall again?',
          }),
    });
  }
  await mustServe(t, app);
  await mustEndWhileOneStarts(t, app);
}

async function mustReplace(
  t: Stage,
  app: Instance,
  old: ReadonlySet<number>,
  count: number,
  teaching: { because: string; lookAt?: string },
): Promise<void> {
  const fresh = () => workersOf(app).filter((pid) => !old.has(pid));
  const what = 'the start of new workers';
  const done = () => app.exited || fresh().length >= count;
  const tookMs = await waitFor(t, app, { what, limitMs: replacedWithinMs, done });
  t.require(!app.exited, {
    expected: `${processes(count)} to be started`,
    seen: `the whole app ended, with ${app.ending()}`,
    because: 'Workers died that had served well, and the app gave up, although new ones could have served.',
    lookAt: 'when does the primary give up, and what must have failed before?',
  });
  t.require(tookMs !== undefined, {
    expected: `${processes(count)} to be started within ${replacedWithinMs / 1_000} s`,
    seen: `${fresh().length}`,
    ...teaching,
  });
  t.atMost(what, tookMs ?? 0, replacedWithinMs, 'ms');
}

/** New workers were started; now they also serve. */
async function mustServe(t: Stage, app: Instance): Promise<void> {
  await mustAnswer(t, app, 'GET', '/health', {
    because: 'New workers were started, but nobody serves.',
    retries: true,
  });
  await settled(app);
}

/**
 * A worker dies that has hardly served, which is not the end of anything while others live. SIGTERM comes while the next one is
 * being started, or before that if the app takes its time.
 */
async function mustEndWhileOneStarts(t: Stage, app: Instance): Promise<void> {
  const old = workersOf(app);
  killEach(old.slice(0, 1));
  const isStarting = () => app.descendants().some(({ pid }) => !old.includes(pid));
  for (const from = performance.now(); !isStarting() && performance.now() - from < replacedWithinMs; )
    await delay(lookEveryMs);
  const family = new Set(app.tree().map(({ pid }) => pid));
  app.signal('SIGTERM');
  t.step('SIGKILL to one worker, and SIGTERM to the primary while the next one starts');
  await mustEnd(t, app, family, {
    because:
      'Workers had died and were replaced, and one was still starting. No request was lost, and all ended as they were told, but the app says that it failed. Its supervisor will believe that.',
    lookAt:
      'what sets the exit code of the primary, and what does it make of a worker that SIGTERM ends before it serves?',
  });
}
