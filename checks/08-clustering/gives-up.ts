import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, ProcessRow, Stage } from '../harness/sdk/index.ts';
import { lookEveryMs, watchForSlowness } from './patience.ts';
import { ask } from './requests.ts';
import { aWorkerOf, settled } from './workers.ts';

/** By the contract. */
const mostStarts = 25;
const givesUpWithinMs = 15_000;

/** No worker can start any more: the file that they read at their start is broken. First one dies, then all. */
export async function givesUp(t: Stage): Promise<void> {
  const events = join(dirname(t.file('EVENTS_FILE')), 'events-broken-later.json');
  writeFileSync(events, readFileSync(t.file('EVENTS_FILE')));
  const app = await t.startExtra({ env: { WEB_CONCURRENCY: '2', EVENTS_FILE: events } });
  await settled(app);
  const workers = () => app.tree().filter(({ pid }) => pid !== app.pid);
  const first = workers();
  if (first.length === 0) aWorkerOf(t, app, []);
  const linesBefore = app.lastLines(500).length;
  writeFileSync(events, '[{ "id": "friday-ope');
  if (first.length > 1) await goesOn(t, app, first);
  const old = new Set(workers().map(({ pid }) => pid));
  for (const pid of old) process.kill(pid, 'SIGKILL');
  t.step('EVENTS_FILE is broken, and every worker is killed');
  const isSlow = watchForSlowness(app);
  const killedAt = performance.now();
  const sinceMs = () => performance.now() - killedAt;
  const started = new Set<number>();
  const starts = () => started.size;
  let lookedAt = killedAt;
  let pauseMs = 0;
  let longestPauseMs = 0;
  let pausesMs = 0;
  let recovered = false;
  let asking: Promise<unknown> | undefined;
  // On a slow machine the starts take their time. What the app waits between them is its own.
  const tooLong = () => sinceMs() > givesUpWithinMs && (!isSlow() || pausesMs > givesUpWithinMs || sinceMs() > 60_000);
  while (!app.exited && !recovered && starts() <= mostStarts && !tooLong()) {
    const alive = workers();
    for (const { pid } of alive) if (!old.has(pid)) started.add(pid);
    const sinceLookMs = performance.now() - lookedAt;
    lookedAt += sinceLookMs;
    pauseMs = alive.length === 0 ? pauseMs + sinceLookMs : 0;
    if (alive.length === 0) pausesMs += sinceLookMs;
    longestPauseMs = Math.max(longestPauseMs, pauseMs);
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
  t.require(app.exitCode, {
    expected: 'an exit code other than 0',
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

/** One worker dies and can't be replaced, the other one serves. Watches until two new ones have died. */
async function goesOn(t: Stage, app: Instance, first: ProcessRow[]): Promise<void> {
  process.kill((first[0] as ProcessRow).pid, 'SIGKILL');
  t.step('EVENTS_FILE is broken, and one of two workers is killed');
  const old = new Set([app.pid, ...first.map(({ pid }) => pid)]);
  const started = new Set<number>();
  const watchForMs = Math.min(20_000, Math.max(3_000, 10 * app.startedInMs));
  for (const until = performance.now() + watchForMs; performance.now() < until; await delay(lookEveryMs)) {
    const alive = new Set(app.tree().map(({ pid }) => pid));
    for (const pid of alive) if (!old.has(pid)) started.add(pid);
    t.require(!app.exited, {
      expected: 'the app to go on: one of its workers serves',
      seen: `it ended with ${app.ending()}`,
      because: 'One worker could not start, and the app ended, with the one that served.',
      lookAt: 'when does the primary give up, and who serves at that moment?',
    });
    if ([...started].filter((pid) => !alive.has(pid)).length >= 2) return;
  }
}
