import { setTimeout as delay } from 'node:timers/promises';
import { type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask, isUnanswered } from './ask.ts';
import { conclude, isWithin, type Part, shareOfFew, withOthersOf } from './parts.ts';
import { beginQuietOrders } from './quiet-orders.ts';
import { childrenOf, killWorker, replacedWithinMs, servingOf } from './workers.ts';

/** With that of the minute they are ten. */
const moreKills = 9;
/** What a busy machine may make of the two seconds, and when they are over on any. */
const inTimeMs = 1.5 * replacedWithinMs;
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
      await beginQuietOrders(t); // Part 10 needs them, and they take longer than this one.
      const { killed, serving } = happened;
      const fewest = Math.min(...serving);
      const after = killed ? { from: killed.at, to: killed.at + replacedWithinMs } : { from: 0, to: 0 };
      const failed = asked.filter((answer) => isUnanswered(answer) && isWithin(answer, after));
      const watch = new MachineWatch();
      const app = t.app(1);
      let replaced = 0;
      let ignored = false;
      let lateMs: number | undefined;
      const isOne = childrenOf(app).length === 0;
      const ofTwo = Math.min(...[1, 2].map((number) => childrenOf(t.app(number)).length));
      if (!isOne)
        for (; replaced < moreKills && !app.exited; replaced++) {
          const { replacedMs, wasAll, wasIgnored } = await killWorker(app, patienceMs);
          ignored = wasIgnored;
          if (wasAll || replacedMs === undefined) break;
          if (replacedMs > inTimeMs) {
            lateMs = replacedMs; // One is enough: pauses that grow make each further one longer.
            break;
          }
        }
      await untilServes(app);
      const three = fewest >= 2 ? await withThree(t) : { serve: 0, children: 0 };
      t.step(`SIGKILL to a worker in the minute, and to ${isOne ? 'none' : replaced} after it, one after the other`);
      const next =
        replaced === 0 ? 'a worker that was killed after the minute' : `after ${replaced} killed workers, the next`;
      const lives = killed !== undefined && !killed.wasAll && killed.replacedMs !== undefined;
      conclude(t, withOthersOf(minute, watch), [
        {
          worth: 0.4,
          // Who serves is seen by CPU time, which others may take. How many there are is counted, whoever else is at work.
          timed: fewest < 2 ? !isOne : three.children > ofTwo,
          share: fewest < 2 ? 0 : three.serve === 3 ? 1 : 0.5,
          seen:
            fewest < 2
              ? `of the two processes of an instance that WEB_CONCURRENCY asks for, ${fewest === 1 ? 'one' : 'none'} served`
              : `with WEB_CONCURRENCY=3, ${three.serve} processes served`,
          good: 'two processes of each instance serve, and three where WEB_CONCURRENCY is 3',
          ...(fewest < 2 ? {} : notAsTold),
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
          ...(killed?.wasAll
            ? {}
            : lives
              ? { because: 'A worker died, and requests failed that others could have answered.' }
              : neverReplaced),
        },
        {
          worth: 0.4,
          timed: (replaced > 0 || lateMs !== undefined) && !ignored,
          share: isOne ? 0 : replaced / moreKills,
          seen: isOne
            ? 'nobody replaces a process'
            : lateMs === undefined
              ? `${next} was not replaced`
              : `${next} was replaced only after ${(lateMs / 1_000).toFixed(1)} s`,
          good: `each of ${moreKills + 1} killed workers was replaced in time`,
          ...(lateMs === undefined ? neverReplaced : replacedLate),
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

/** How many processes an instance has that is told to have three, and how many of them serve. */
async function withThree(t: Stage): Promise<{ serve: number; children: number }> {
  const extra = await t.startExtra({ env: { WEB_CONCURRENCY: '3' } });
  return { serve: (await servingOf(extra)).length, children: childrenOf(extra).length };
}

const notAsTold = {
  because:
    'How many processes serve is the platform’s to say. This instance has a number of its own, or not all of its processes serve.',
  lookAt: 'where does the number of processes come from, and does each of them listen?',
};

const neverReplaced = {
  because:
    'A worker that has died is missing from then on. Every death makes the shop slower, and the last one closes it.',
  lookAt: 'who hears that a worker has ended, and does it start a new one every time?',
};

const replacedLate = {
  because: 'The pause in front of a new worker grows beyond two seconds, and until then the others do its work.',
  lookAt: 'how long is the longest pause, and what makes it short again?',
};
