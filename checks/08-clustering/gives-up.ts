import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { plainRequest, type Stage } from '../harness/sdk/index.ts';
import { appWithFile, broken, givingUp } from './broken-file.ts';
import { lookEveryMs } from './patience.ts';
import { givesUpWithinMs, mostStarts, Starts } from './starts.ts';
import { killEach, workersOf } from './workers.ts';

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
  const { app, file } = await appWithFile(t, 'events-broken-for-good.json', 2);
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
