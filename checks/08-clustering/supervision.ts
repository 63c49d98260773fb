import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, type Instance, processTable, type Stage } from '../harness/sdk/index.ts';
import { givesUp } from './gives-up.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { mustAnswer } from './requests.ts';
import { aWorkerOf, knownPids, processes, servingPids, workersByDefault } from './workers.ts';

/** By the contract. */
const replacedWithinMs = 2_000;

/** What the primary does when workers die. */
export function supervisionBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'replaced',
    'a killed worker is replaced within 2 s, and the others go on',
    {
      because: 'Nobody starts a new worker. With each one that dies the app gets slower, until none is left.',
      lookAt: 'who learns that a worker has ended, and what does it do then?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
      const app = t.app(1);
      const expected = workersByDefault(t);
      const victim = aWorkerOf(t, app, await servingPids(t, app, expected));
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
          ...(late
            ? { because: 'The others do the work of the dead one until then, and they have their own to do.' }
            : {}),
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
    },
    { limitMs: 90_000 },
  );

  behaviour(
    'gives-up',
    'workers that die at their start are no fork storm: the app backs off, and gives up once nobody serves',
    {
      because:
        'Whatever kills a worker at its start kills the next one, too. Starting them is all that the machine does.',
      lookAt: 'how long does the primary wait before the next attempt, and how many attempts are there?',
    },
    (t) => givesUp(t),
    { limitMs: 120_000, background: true },
  );

  behaviour(
    'log-pids',
    'every log line carries the pid of the process that wrote it',
    {
      because: 'The processes share one output. Without the pid nobody can tell whose line it is.',
      lookAt: 'where are log lines written, and what do they begin with?',
    },
    async (t) => {
      const app = t.app(1);
      const expected = workersByDefault(t);
      const serving = await servingPids(t, app, expected);
      const pids = new Set([...knownPids, ...(await app.probe.read()).processes]);
      const lines = app.lastLines(500).filter((line) => !/^\(Use `node /.test(line)); // Node's own, under a warning.
      const pidsIn = (line: string) => (line.match(/\d+/g) ?? []).map(Number).filter((number) => pids.has(number));
      const bare = lines.find((line) => pidsIn(line).length === 0);
      t.require(bare === undefined, { step: 'the app’s output', expected: 'a pid in every line', seen: `“${bare}”` });
      const named = new Set(lines.flatMap(pidsIn));
      const silent = serving.filter((pid) => !named.has(pid));
      t.require(silent.length === 0, {
        step: 'the app’s output',
        expected: 'a line of every worker, when it starts to serve',
        seen: `${silent.length} of ${serving.length} workers left none`,
        because: 'A worker that starts without a word can’t be found in the log when it matters.',
      });
    },
    { limitMs: 60_000 },
  );
}

/** Asks until the signal, and some more. What a worker was sent in the moment of its death is lost; nothing after it. */
async function othersServe(t: Stage, app: Instance, victim: number, enough: AbortSignal): Promise<void> {
  // While it is a zombie, the app has not heard of its death.
  const heardWithinMs = performance.now() + 3_000;
  while (processTable().some(({ pid }) => pid === victim) && performance.now() < heardWithinMs)
    await delay(lookEveryMs);
  await delay(50);
  for (let served = 0; served < 4 * workersByDefault(t) || !enough.aborted; served++) {
    await mustAnswer(t, app, 'GET', '/health', {
      because: 'A worker died, and requests fail that came after its death, although other workers live.',
      lookAt: 'who gets a new connection while a worker is missing?',
    });
    await delay(lookEveryMs);
  }
}
