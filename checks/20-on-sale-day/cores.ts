import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, isUnanswered } from './ask.ts';
import { conclude, isWithin, type Part, shareOfFew } from './parts.ts';
import { childrenOf, killWorker, replacedWithinMs, servingOf } from './workers.ts';

/** With that of the minute they are ten. */
const moreKills = 9;
/** What a busy machine may make of the two seconds. */
const patienceMs = 3 * replacedWithinMs;
/** A crowd of sixty has just ordered when the worker is killed, and a fourth of them from it. */
const inFlight = 45;

export function coresPart(part: Part): void {
  part(
    'cores',
    'Every core',
    {
      points: 8,
      lessons: [8],
      limitMs: 120_000,
      because: 'One process serves, on one core. When it dies, the whole instance is gone.',
      lookAt:
        'what does the process that the platform starts do with WEB_CONCURRENCY, and who learns that a worker has died?',
    },
    async (t, minute) => {
      const { asked, happened } = minute;
      if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
      const { killed, serving } = happened;
      const fewest = Math.min(...serving);
      const after = killed ? { from: killed.at, to: killed.at + replacedWithinMs } : { from: 0, to: 0 };
      const failed = asked.filter((answer) => isUnanswered(answer) && isWithin(answer, after));
      const app = t.app(1);
      let replaced = 0;
      let ignored = false;
      const isOne = childrenOf(app).length === 0;
      if (!isOne)
        for (; replaced < moreKills && !app.exited; replaced++) {
          const { replacedMs, wasAll, wasIgnored } = await killWorker(app, patienceMs);
          ignored = wasIgnored;
          if (wasAll || replacedMs === undefined) break;
        }
      await untilServes(app);
      const ofThree = fewest >= 2 ? await servingOfThree(t) : 0;
      t.step(`SIGKILL to a worker in the minute, and to ${isOne ? 'none' : replaced} after it, one after the other`);
      const lives = killed !== undefined && !killed.wasAll && killed.replacedMs !== undefined;
      conclude(t, minute, [
        {
          worth: 0.4,
          timed: !isOne,
          share: fewest < 2 ? 0 : ofThree === 3 ? 1 : 0.5,
          seen:
            fewest < 2
              ? `of the two processes of an instance that WEB_CONCURRENCY asks for, ${fewest === 1 ? 'one' : 'none'} served`
              : `with WEB_CONCURRENCY=3, ${ofThree} processes served`,
          good: 'two processes of each instance serve, and three where WEB_CONCURRENCY is 3',
        },
        {
          worth: 0.2,
          timed: lives,
          share: lives ? shareOfFew(Math.max(0, failed.length - inFlight), 100) : 0,
          seen: killed?.wasAll
            ? 'the killed process was the whole instance'
            : lives
              ? `${failed.length} requests failed when a worker was killed`
              : 'the worker that was killed in the minute was not replaced',
          good: `${failed.length} requests were lost with the killed worker`,
          because: 'A worker died, and requests failed that others could have answered.',
        },
        {
          worth: 0.4,
          timed: replaced > 0 && !ignored,
          share: isOne ? 0 : replaced / moreKills,
          seen: isOne
            ? 'nobody replaces a process'
            : replaced === 0
              ? 'a worker that was killed after the minute was not replaced'
              : `after ${replaced} killed workers, the next was not replaced`,
          good: `each of ${moreKills + 1} killed workers was replaced`,
          because:
            'A worker that has died is missing from then on. Every death makes the shop slower, and the last one closes it.',
          lookAt: 'who hears that a worker has ended, and does it start a new one every time?',
        },
      ]);
    },
  );
}

/** The next parts ask it. Both workers were killed a moment ago, so that it may be listening with one of them. */
async function untilServes(app: Instance): Promise<void> {
  let inARow = 0;
  for (const until = performance.now() + 15_000; inARow < 6 && performance.now() < until && !app.exited; ) {
    const { status } = await ask(app.url, { path: '/ready' });
    inARow = status === 200 ? inARow + 1 : 0;
    if (inARow === 0) await delay(100);
  }
}

/** How many processes of an instance serve that is told to have three. */
async function servingOfThree(t: Stage): Promise<number> {
  const extra = await t.startExtra({ env: { WEB_CONCURRENCY: '3' } });
  return (await servingOf(extra)).length;
}
