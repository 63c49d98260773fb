import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/behaviour.ts';
import type { CheckDefinition } from '../harness/check.ts';
import type { Instance } from '../harness/environment.ts';
import { ask, mustAnswer } from './requests.ts';
import { aWorkerOf, knownPids, processes, servingPids, settled, workersByDefault } from './workers.ts';

/** By the contract. */
const replacedWithinMs = 2_000;
const mostStarts = 25;
const givesUpWithinMs = 15_000;
/** How often the process table is read. `ps` takes longer than /proc. */
const lookEveryMs = process.platform === 'linux' ? 20 : 150;

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
      const replacementOf = () => app.tree().find(({ pid }) => !before.has(pid));
      process.kill(victim, 'SIGKILL');
      t.step('SIGKILL to a worker');
      const killedAt = performance.now();
      await t.until('it to die', () => app.tree().every(({ pid }) => pid !== victim));
      let replacement = replacementOf();
      let replacedMs = performance.now() - killedAt;
      // What it was sent in the moment of its death is lost. Whoever comes later must not notice.
      await delay(50);
      while (!replacement && replacedMs < replacedWithinMs) {
        if (expected > 1) await mustBeServed(t, app);
        await delay(lookEveryMs);
        replacement = replacementOf();
        replacedMs = performance.now() - killedAt;
      }
      t.require(!app.exited, {
        expected: 'a new worker',
        seen: `the whole app ended, with ${app.ending()}`,
        because: 'One worker died, and everything went with it.',
      });
      t.require(replacement, { expected: `a new worker within ${replacedWithinMs / 1_000} s`, seen: 'none' });
      t.atMost('the start of a new worker', replacedMs, replacedWithinMs, 'ms');
      if (expected > 1) for (let i = 0; i < 4 * expected; i++) await mustBeServed(t, app);
      const serving = await servingPids(t, app, expected);
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
    'workers that die at their start are no fork storm: the app backs off and gives up with exit code 1',
    {
      because:
        'Whatever kills a worker at its start kills the next one, too. Starting them is all that the machine does.',
      lookAt: 'how long does the primary wait before the next attempt, and how many attempts are there?',
    },
    (t) => givesUp(t),
    { limitMs: 60_000, background: true },
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

async function mustBeServed(t: Stage, app: Instance): Promise<void> {
  await mustAnswer(t, app, 'GET', '/health', {
    because: 'A worker died, and requests fail that came after its death, although other workers live.',
    lookAt: 'who gets a new connection while a worker is missing?',
  });
}

/** Every worker dies, and none can start again: the file that they read at their start is broken. */
async function givesUp(t: Stage): Promise<void> {
  const events = join(dirname(t.file('EVENTS_FILE')), 'events-broken-later.json');
  writeFileSync(events, readFileSync(t.file('EVENTS_FILE')));
  const app = await t.startExtra({ env: { WEB_CONCURRENCY: '2', EVENTS_FILE: events } });
  await settled(app);
  const first = app.tree().filter(({ pid }) => pid !== app.pid);
  if (first.length === 0) aWorkerOf(t, app, []);
  const linesBefore = app.lastLines(500).length;
  writeFileSync(events, '[{ "id": "friday-ope');
  const seen = new Set(first.map(({ pid }) => pid));
  for (const pid of seen) process.kill(pid, 'SIGKILL');
  t.step('EVENTS_FILE is broken, and every worker is killed');
  const killedAt = performance.now();
  const sinceMs = () => performance.now() - killedAt;
  const starts = () => seen.size - first.length;
  let lastAliveAt = killedAt;
  let longestPauseMs = 0;
  let recovered = false;
  let asking: Promise<unknown> | undefined;
  while (!app.exited && !recovered && starts() <= mostStarts && sinceMs() < givesUpWithinMs) {
    const alive = app.tree().filter(({ pid }) => pid !== app.pid);
    for (const { pid } of alive) seen.add(pid);
    if (alive.length > 0) lastAliveAt = performance.now();
    longestPauseMs = Math.max(longestPauseMs, performance.now() - lastAliveAt);
    // A primary that has kept the events hands them to new workers, and all is well.
    asking ??= ask(app, 'GET', '/health').then(
      ({ status }) => {
        recovered = status === 200;
      },
      () => delay(200).then(() => (asking = undefined)),
    );
    await delay(lookEveryMs);
  }
  const after = `${(sinceMs() / 1_000).toFixed(1)} s`;
  const ended = app.exited;
  const ending = ended ? app.ending() : '';
  await app.kill(); // A storm must not go on while others are judged.
  if (recovered) return;
  const storm = {
    because: `Each new worker dies at once and the next is started: ${starts()} in ${after}, and no end. A fork storm takes the machine from everybody on it.`,
  };
  t.atMost('workers started in vain', starts(), mostStarts, 'starts', storm);
  t.require(ended, {
    expected: `the app to give up within ${givesUpWithinMs / 1_000} s`,
    seen: `after ${after} and ${starts()} starts it still tries`,
    // On a machine that is busy with other things, a storm is slow. But it never takes a breath.
    ...(starts() > 2 && longestPauseMs < 400
      ? storm
      : {
          because: 'The app lives and serves nobody. A supervisor that sees it running has no reason to do anything.',
        }),
  });
  t.require(app.exitCode === 1, {
    expected: 'exit code 1',
    seen: `${ending} after ${after}`,
    because: 'The app has failed. Its exit must say so, or its supervisor takes it for a normal end.',
    lookAt: 'with which code does the primary exit when it gives up?',
  });
  const lines = app.lastLines(500);
  const reason = lines.slice(linesBefore).some((line) => line.includes(`${app.pid}`));
  t.require(reason, {
    expected: `a line of the primary (pid ${app.pid}) that says why it gives up`,
    seen: lines.at(-1) ?? 'no output',
    because: 'The app ended without a reason. Who is called at night reads the last lines.',
    lookAt: 'what does the primary write before it exits?',
  });
}
