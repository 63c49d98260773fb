import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Instance, plainRequest, type Stage } from '../harness/sdk/index.ts';
import { lookEveryMs, waitFor } from './patience.ts';
import { mustAnswer } from './requests.ts';
import { givesUpWithinMs, mostStarts, Starts } from './starts.ts';
import { startInTurn } from './turns.ts';
import { aWorkerOf, killEach, processes, servingPids, settled, settledAfterMs, workersOf } from './workers.ts';

const comesBackWithinMs = 10_000;

/** An app with two workers that serve, and the file that they read at their start. */
async function appWithFile(t: Stage, name: string): Promise<{ app: Instance; file: string; whole: string }> {
  const whole = readFileSync(t.file('EVENTS_FILE'), 'utf8');
  const file = join(dirname(t.file('EVENTS_FILE')), name);
  writeFileSync(file, whole);
  const app = await startInTurn(t, { WEB_CONCURRENCY: '2', EVENTS_FILE: file });
  await settled(app);
  if (workersOf(app).length === 0) aWorkerOf(t, app, []);
  await delay(settledAfterMs);
  return { app, file, whole };
}

const broken = '[{ "id": "friday-ope';

/** What the app takes to give up when nobody serves. One that gives up too soon does it by the same count or clock. */
const givingUp = { isJudged: false, tookMs: 0 };

/** No worker can start any more, and all that served are killed. */
export async function givesUp(t: Stage): Promise<void> {
  givingUp.isJudged = true;
  try {
    await mustGiveUp(t);
  } finally {
    givingUp.isJudged = false;
  }
}

async function mustGiveUp(t: Stage): Promise<void> {
  const { app, file } = await appWithFile(t, 'events-broken-for-good.json');
  const linesBefore = app.lastLines(500).length;
  writeFileSync(file, broken);
  const old = workersOf(app);
  const starts = new Starts(app, [app.pid, ...old]);
  killEach(old);
  t.step('EVENTS_FILE is broken, and every worker is killed');
  let recovered = false;
  let asking: Promise<unknown> | undefined;
  while (!app.exited && !recovered && starts.count <= mostStarts && !starts.isOver()) {
    starts.look();
    // A primary that has kept the events hands them to new workers, and all is well.
    asking ??= plainRequest(`${app.url}/health`, { withinMs: 2_000 }).then(
      ({ status }) => {
        recovered = status === 200;
      },
      () => delay(200).then(() => (asking = undefined)),
    );
    await delay(lookEveryMs);
  }
  const after = starts.after();
  const ended = app.exited;
  if (ended) givingUp.tookMs = starts.sinceMs();
  const ending = ended ? app.ending() : '';
  await app.kill(); // A storm must not go on while others are judged.
  if (recovered) return;
  // On a machine that is busy with other things, a storm is slow. But it never takes a breath.
  const storms = starts.count > 2 && starts.longestPauseMs < 400;
  const tries = {
    because: 'The app lives and serves nobody. A supervisor that sees it running has no reason to do anything.',
    lookAt: 'after how many attempts does the primary give up?',
  };
  t.atMost('workers started in vain', starts.count, mostStarts, 'starts', storms ? starts.storm() : tries);
  t.require(ended, {
    expected: `the app to give up within ${givesUpWithinMs / 1_000} s`,
    seen:
      starts.count > 0
        ? `after ${after} and ${starts.count} starts it still tries`
        : `after ${after} it still runs, and has started nobody`,
    ...(storms ? starts.storm() : tries),
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
    because: 'The app ended without a reason. An engineer who is called at night reads the last lines.',
    lookAt: 'what does the primary write before it exits?',
  });
}

/** One of two workers dies and can't be replaced, until the file is whole again. */
export async function goesOn(t: Stage): Promise<void> {
  const { app, file, whole } = await appWithFile(t, 'events-broken-for-a-while.json');
  writeFileSync(file, broken);
  const old = workersOf(app);
  const starts = new Starts(app, [app.pid, ...old]);
  if (old.length > 1) killEach(old.slice(0, 1));
  t.step('EVENTS_FILE is broken, and one of two workers is killed');
  // Long enough that an app which gives up after five or six attempts has done so, or in the time that it takes without workers.
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
  await mustAnswer(t, app, 'GET', '/health', { because: 'One worker lives, and the app serves nobody.' });
  writeFileSync(file, whole);
  t.step(`${starts.count} starts failed in ${starts.after()}; then EVENTS_FILE is whole again`);
  const what = 'the second worker after the repair';
  const tookMs = await waitFor(t, app, {
    what,
    limitMs: comesBackWithinMs,
    done: () => app.exited || workersOf(app).length >= 2,
  });
  const gaveUp = {
    because:
      'The app has stopped starting workers while one still serves, or its pauses have grown too long. It runs on with half of its workers, and nobody is told.',
    lookAt:
      'what does the primary do after several failed starts while a worker serves, and how long do its pauses get?',
  };
  t.require(tookMs !== undefined && !app.exited, {
    expected: `two workers within ${comesBackWithinMs / 1_000} s`,
    seen: app.exited ? `it ended with ${app.ending()}` : processes(workersOf(app).length),
    ...gaveUp,
  });
  t.atMost(what, tookMs ?? 0, comesBackWithinMs, 'ms');
  let serving = await servingPids(t, app, 2);
  if (serving.length < 2) serving = await servingPids(t, app, 2); // One had still read the broken file.
  t.require(serving.length === 2, {
    expected: '2 processes to do the work again',
    seen: `${processes(serving.length)} did it`,
    ...gaveUp,
  });
}
