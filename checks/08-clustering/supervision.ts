import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, type Instance, processTable, type Stage } from '../harness/sdk/index.ts';
import { replacedWithinMs, replacesEach } from './always-replaced.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { mustAnswer } from './requests.ts';
import { aWorkerOf, processes, servingPids, settledAfterMs, workersByDefault } from './workers.ts';

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
