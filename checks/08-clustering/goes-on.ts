import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { appWithFile, broken, givingUp } from './broken-file.ts';
import { mustEnd } from './drain.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { mustAnswer } from './requests.ts';
import { mostStarts, Starts } from './starts.ts';
import { killEach, processes, servingPids, workersOf } from './workers.ts';

const comesBackWithinMs = 10_000;
/** For the first starts to fail, on a busy machine, too. */
const failsWithinMs = 10_000;

export async function goesOn(t: Stage): Promise<void> {
  await Promise.all([withOneMissing(t), withTwoMissing(t)]);
}

/** One of two workers dies and can't be replaced for a while. */
async function withOneMissing(t: Stage): Promise<void> {
  const { app, file, whole } = await appWithFile(t, 'events-broken-for-a-while.json', 2);
  writeFileSync(file, broken);
  const old = workersOf(app);
  const starts = new Starts(app, [app.pid, ...old]);
  if (old.length > 1) killEach(old.slice(0, 1));
  t.step('EVENTS_FILE is broken, and one of two workers is killed');
  await mustTryOn(t, app, starts);
  await mustAnswer(t, app, 'GET', '/health', { because: 'One worker lives, and the app serves nobody.' });
  writeFileSync(file, whole);
  t.step(`${starts.count} starts failed in ${starts.after()}; then EVENTS_FILE is whole again`);
  await mustBeComplete(t, app, 2);
}

/** Two of three die, and the first attempts to replace them fail. In the end nothing of that is left, also not in the exit code. */
async function withTwoMissing(t: Stage): Promise<void> {
  const { app, file, whole } = await appWithFile(t, 'events-broken-for-a-moment.json', 3);
  writeFileSync(file, broken);
  const old = workersOf(app);
  const starts = new Starts(app, [app.pid, ...old]);
  if (old.length > 2) killEach(old.slice(0, 2));
  for (const from = performance.now(); starts.died < 2 && performance.now() - from < failsWithinMs; starts.look())
    await delay(lookEveryMs);
  writeFileSync(file, whole);
  t.step(
    `another app: two of three workers can’t be replaced; after ${starts.died} failed starts EVENTS_FILE is whole`,
  );
  await mustBeComplete(t, app, 3);
  if (process.platform === 'win32') return; // Windows has no SIGTERM that a process could answer.
  const family = new Set(app.tree().map(({ pid }) => pid));
  app.signal('SIGTERM');
  t.step('SIGTERM to the other app, now that all is well again');
  await mustEnd(t, app, family, {
    because:
      'The starts that failed are over: every worker served again, and each ended as it was told. The exit code still speaks of them, so the supervisor takes a normal end for a failure.',
    lookAt: 'what sets the exit code of the primary before SIGTERM, and is it ever taken back?',
  });
}

/** Long enough that an app which gives up after five or six attempts has done so, or in the time that it takes without workers. */
async function mustTryOn(t: Stage, app: Instance, starts: Starts): Promise<void> {
  const mostMs = 16_000;
  const watchForMs = Math.min(mostMs, Math.max(8_000, 20 * app.startedInMs));
  const leastMs = () => (givingUp.isJudged ? mostMs : Math.min(mostMs, Math.max(4_000, 1.3 * givingUp.tookMs)));
  const enough = () =>
    starts.sinceMs() > leastMs() && (starts.died >= 6 || starts.sinceMs() >= watchForMs) && !starts.pausesGrow();
  while (!enough() && starts.count <= mostStarts) {
    await delay(lookEveryMs);
    starts.look();
    t.require(!app.exited, {
      expected: 'the app to go on: one of its workers serves',
      seen: `it ended with ${app.ending()} after ${starts.died} starts that failed`,
      because: 'One worker could not start, and the app ended, with the one that served.',
      lookAt: 'when does the primary give up, and who serves at that moment?',
    });
  }
  t.atMost('workers started in vain', starts.count, mostStarts, 'starts', starts.storm());
}

async function mustBeComplete(t: Stage, app: Instance, workers: number): Promise<void> {
  const what = 'the last missing worker after the repair';
  const tookMs = await waitFor(t, app, {
    what,
    limitMs: comesBackWithinMs,
    done: () => app.exited || workersOf(app).length >= workers,
  });
  const gaveUp = {
    because:
      'The app has stopped starting workers while one still serves, or its pauses have grown too long. It runs on without some of its workers, and nobody is told.',
    lookAt:
      'what does the primary do after several failed starts while a worker serves, and how long do its pauses get?',
  };
  const some = workers > 2 && workersOf(app).length === workers - 1;
  t.require(tookMs !== undefined && !app.exited, {
    expected: `${workers} workers within ${comesBackWithinMs / 1_000} s`,
    seen: app.exited ? `it ended with ${app.ending()}` : processes(workersOf(app).length),
    ...(some
      ? {
          because:
            'Two workers were missing, and one came back. Nobody starts the other, or its turn comes too late: the app runs on without it.',
          lookAt: 'after a start that succeeds, who starts the rest of the workers that are missing?',
        }
      : gaveUp),
  });
  t.atMost(what, tookMs ?? 0, comesBackWithinMs, 'ms');
  let serving = await servingPids(t, app, workers);
  if (serving.length < workers) serving = await servingPids(t, app, workers); // One had still read the broken file.
  t.require(serving.length === workers, {
    expected: `${workers} processes to do the work again`,
    seen: `${processes(serving.length)} did it`,
    ...gaveUp,
  });
}
