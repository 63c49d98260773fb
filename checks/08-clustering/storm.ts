import { setTimeout as delay } from 'node:timers/promises';
import { plainRequest, type Stage } from '../harness/sdk/index.ts';
import { lookEveryMs, waitFor, watchForSlowness } from './patience.ts';
import { mostStarts, Starts } from './starts.ts';
import { startInTurn } from './turns.ts';
import { aWorkerOf, killEach, settled, workersOf } from './workers.ts';

/** An app that waits this long between two attempts has a back-off. */
const aPauseMs = 1_000;
/** Of the first second of serving. What is left of it is for a worker that has served before it was asked. */
const lingersMs = 400;

/**
 * Every worker dies when the app serves, at once and a moment later in turns: what a poisonous request does that clients
 * send again and again.
 */
export async function doesNotStorm(t: Stage): Promise<void> {
  const app = await startInTurn(t, { WEB_CONCURRENCY: '2' });
  await settled(app);
  if (workersOf(app).length === 0) aWorkerOf(t, app, []);
  const starts = new Starts(app, [app.pid, ...workersOf(app)]);
  t.step(`each time GET /health is answered, every worker is killed, at once or after ${lingersMs} ms`);
  // On a slow machine a worker may have served for long when it is asked.
  const isSlow = watchForSlowness(app);
  let lingers = false;
  let asking: Promise<unknown> | undefined;
  while (!app.exited && starts.count <= mostStarts && !starts.isOver() && starts.longestPauseMs < aPauseMs) {
    starts.look();
    // One that was on its way to a worker when that was killed may never be answered.
    asking ??= plainRequest(`${app.url}/health`, { withinMs: 500 }).then(
      async () => {
        if (lingers && !isSlow()) await delay(lingersMs);
        lingers = !lingers;
        killEach(workersOf(app));
        asking = undefined;
      },
      () => delay(lookEveryMs).then(() => (asking = undefined)),
    );
    await delay(lookEveryMs);
  }
  if (starts.count > mostStarts) await app.kill(); // A storm must not go on while others are judged.
  t.atMost('starts of workers', starts.count, mostStarts, 'starts', {
    because: `A worker that has served for less than a second is taken for one that is well, and the pauses begin again from nothing: ${starts.count} starts in ${starts.after()}, and no end.`,
    lookAt: 'when does the primary forget the failed starts: how long must a worker have served by then?',
  });
  if (app.exited) {
    t.require(app.exitCode !== 0, {
      expected: 'an exit code other than 0',
      seen: app.ending(),
      because: 'The app has failed. Its exit must say so, or its supervisor takes it for a normal end.',
    });
    return;
  }
  if (process.platform === 'win32' || workersOf(app).length > 0) return;
  app.signal('SIGTERM');
  t.step('SIGTERM to the primary while it waits to start workers again');
  const gone = await waitFor(t, app, {
    what: 'the end of the app',
    limitMs: 8_000,
    done: () => app.tree().length === 0,
  });
  t.require(gone !== undefined, {
    expected: 'the app to end within 8 s',
    seen: 'it still runs',
    because: 'The primary waits for the last worker to end, and there is none. Or it goes on starting new ones.',
    lookAt: 'what does the primary do on SIGTERM when no worker is left?',
  });
}
