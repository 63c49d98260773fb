import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, type Instance, processTable, type Stage } from '../harness/sdk/index.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { mustAnswer } from './requests.ts';
import { startInTurn } from './turns.ts';
import {
  aWorkerOf,
  killEach,
  processes,
  servingPids,
  settled,
  settledAfterMs,
  workersByDefault,
  workersOf,
} from './workers.ts';

/** By the contract. */
const replacedWithinMs = 2_000;
/** An app that counts its restarts, and stops at ten, is found by the twelfth. */
const rounds = 2;
const killedEachRound = 6;

/** What the others must answer while a worker is missing. First the one that a proxy does not dare to send again. */
const requests = [
  ['POST', '/visits'],
  ['GET', '/health'],
  ['GET', '/quote/unplugged'],
  ['GET', '/visits'],
] as const;

/** A worker that ends is replaced, and the others go on. */
export function supervisionBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'replaced',
    'a killed worker is replaced within 2 s, and the others go on',
    {
      because: 'Nobody starts a new worker. With each one that dies the app gets slower, until none is left.',
      lookAt: 'who learns that a worker has ended, and what does it do then?',
    },
    replacesOne,
    { limitMs: 90_000 },
  );

  behaviour(
    'always-replaced',
    'every worker that ends is replaced: however it ended, all at once, and again and again',
    {
      because: 'Some workers are replaced and some are not. Each one that is not is missing until the next deploy.',
      lookAt: 'which conditions stand between the end of a worker and the start of the next?',
    },
    replacesEach,
    { limitMs: 90_000, background: true },
  );
}

async function replacesOne(t: Stage): Promise<void> {
  if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
  const app = t.app(1);
  const expected = workersByDefault(t);
  const atFirst = await servingPids(t, app, expected);
  // Whoever wants one worker may have one process. Then only apps with several are judged, below.
  if (expected === 1 && atFirst[0] === app.pid) return;
  const victim = aWorkerOf(t, app, atFirst);
  await delay(settledAfterMs);
  const before = new Set(app.tree().map(({ pid }) => pid));
  const hasReplacement = () => app.tree().some(({ pid }) => !before.has(pid));
  const startedAt = performance.now();
  process.kill(victim, 'SIGKILL');
  t.step('SIGKILL to a worker');
  const replaced = new AbortController();
  let lost: unknown;
  const others = expected > 1 ? othersServe(t, app, victim, replaced.signal).catch((error) => (lost = error)) : 0;
  let replacedMs: number | undefined;
  try {
    replacedMs = await waitFor(t, app, {
      what: 'the start of a new worker',
      limitMs: replacedWithinMs,
      startedAt,
      done: () => app.exited || lost !== undefined || hasReplacement(),
    });
  } finally {
    replaced.abort();
    await others;
  }
  t.require(!(lost ? await app.exitedWithin(500) : app.exited), {
    expected: 'a new worker',
    seen: `the whole app ended, with ${app.ending()}`,
    because: 'One worker died, and everything went with it.',
  });
  if (lost) throw lost;
  if (replacedMs === undefined) {
    // Never, or late? It makes no difference to the verdict, but to what is said.
    const lateLook = waitFor(t, app, { what: 'a late worker', limitMs: 4_000, done: hasReplacement });
    const late = await lateLook.catch(hasReplacement);
    t.require(false, {
      expected: `a new worker within ${replacedWithinMs / 1_000} s`,
      seen: late ? 'one that was started later' : 'none',
      ...(late ? { because: 'The others do the work of the dead one until then, and they have their own to do.' } : {}),
    });
  }
  t.atMost('the start of a new worker', replacedMs ?? 0, replacedWithinMs, 'ms');
  let serving = await servingPids(t, app, expected);
  if (serving.length < expected) serving = await servingPids(t, app, expected); // It may have come late.
  t.require(serving.length === expected, {
    expected: `${processes(expected)} to do the work again`,
    seen: `${processes(serving.length)} did it`,
    because: 'A new process was started, but it does not serve.',
  });
}

/** Asks until the signal, and some more. What a worker was sent in the moment of its death is lost; nothing after it. */
async function othersServe(t: Stage, app: Instance, victim: number, enough: AbortSignal): Promise<void> {
  // While it is a zombie, the app has not heard of its death.
  const heardWithinMs = performance.now() + 3_000;
  while (processTable().some(({ pid }) => pid === victim) && performance.now() < heardWithinMs)
    await delay(lookEveryMs);
  await delay(50);
  // The same as many times as there are workers, so that one which is asked in its turn is asked for each.
  const workers = workersByDefault(t);
  for (let served = 0; served < requests.length * workers || !enough.aborted; served++) {
    const [method, path] = requests[Math.floor(served / workers) % requests.length] as (typeof requests)[number];
    await mustAnswer(t, app, method, path, {
      because: 'A worker died, and requests fail that came after its death, although other workers live.',
      lookAt: 'who gets a new connection while a worker is missing?',
    });
    await delay(lookEveryMs);
  }
}

/** One worker is told to end. Then all are killed, several times: more often than anybody counts to who counts. */
async function replacesEach(t: Stage): Promise<void> {
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
