import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { inMs } from './answers.ts';
import { cpuByThread, type Made, madeDuring, madeSinceStart } from './evidence.ts';
import { Crowd, mostThreads, mostWaiting, partyFor, patienceMs, searchPath } from './searches.ts';

/** Of what two threads do, for the second. One that only passes searches on does next to nothing. */
const leastShare = 0.25;
/** Without a request. */
const quietMs = 30;

/** Enough threads to use the cores, and no more than that. */
export function poolBehaviours(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'parallel',
    'two searches run on two cores',
    {
      because:
        'Both searches ran on one thread, in turns. The other cores do nothing, and two searches take twice as long as one.',
      lookAt: 'how many threads can run a search at the same time?',
    },
    async (t) => {
      if (t.cores < 2) t.skip('this machine has one core, so two searches share it in any case');
      const party = partyFor(300);
      const searchers = (count: number) =>
        new Crowd(
          t,
          Array.from({ length: count }, () => searchPath(hall(), party)),
        );
      const mustAnswer = async (crowd: Crowd) => {
        for (const answer of await crowd.everyAnswer())
          answer.mustBe(200, { because: 'A right search must be answered.' });
      };
      const startedAt = performance.now();
      const alone = await cpuByThread(t.app(1), mustAnswer(searchers(1)));
      const aloneMs = performance.now() - startedAt;
      // A search that was made much faster is over before a clock of 10 ms can tell who ran it: more of them, then.
      const [costMs = 0] = alone ?? [];
      const count = alone ? 2 * Math.min(mostWaiting / 2, Math.max(1, Math.ceil(100 / Math.max(costMs, 1)))) : 2;
      const together = await cpuByThread(t.app(1), mustAnswer(searchers(count)));
      const togetherMs = performance.now() - startedAt - aloneMs;
      if (alone && together) {
        const [most = 0, second = 0] = together;
        t.trail.begin('one search alone', `${inMs(costMs)} of CPU`);
        t.require(second >= leastShare * (most + second), {
          expected: 'two threads to share the work',
          seen: `the two busiest used ${inMs(most)} and ${inMs(second)}`,
          step: `${count} searches at once`,
        });
        return;
      }
      // Without the CPU time of each thread, only the clock is left, which other programs bend.
      const ratio = togetherMs / aloneMs;
      if (ratio > 1.6 && ratio < 1.8)
        t.inconclusive(`two searches at once took ${ratio.toFixed(2)} times as long as one`);
      t.atMost('two searches at once, compared with one', ratio, 1.6, 'times');
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'pooled',
    'fifty requests share a few threads',
    {
      because:
        'A thread or process is made for a request and thrown away after it. Each costs tens of milliseconds and megabytes to start, and nothing limits how many there are.',
      lookAt: 'where is a Worker, a pool or a child process created: once, or for each request?',
    },
    async (t) => {
      const limit = mostThreads(t);
      const searches = Array.from({ length: limit + 3 }, () => searchPath(hall(), 2));
      const apart = Array<string>(limit + 9).fill('/fibonacci/20');
      // Of 10 ms each: long enough that a pool, too, sees no pause in which it would end a thread.
      const rest = Array<string>(Math.max(0, 50 - searches.length - apart.length)).fill('/fibonacci/30');
      const together = [...searches, ...rest];
      const ask = async (path: string) => {
        (await t.visitor().get(path, { deadlineMs: patienceMs })).mustBe(200, {
          because: 'Ten at a time are no crowd.',
        });
      };
      // Those of a pool for each route add up, whichever behaviour asked first: so all are counted, from the start on.
      await t.restart(1);
      t.trail.dropLast();
      const first = await madeSinceStart(t.app(1), () => inTurns(10, together, ask));
      t.trail.begin(`${together.length} requests, ten at a time`);
      mustBeFew(t, first, limit, first.threads + first.processes < together.length / 2 ? tooMany : {});
      // A shop has quiet moments, and between two customers every thread is idle.
      const oneByOne = () =>
        inTurns(1, apart, async (path) => {
          await ask(path);
          await delay(quietMs);
        });
      const later = await madeDuring(t.app(1), oneByOne);
      t.trail.begin(`${apart.length} more requests, one at a time, each a moment after the other`);
      mustBeFew(t, { threads: first.threads + later.threads, processes: first.processes + later.processes }, limit, {
        because:
          'A thread or process ends as soon as it has nothing to do, and the next request has to wait for a new one. Each costs tens of milliseconds and megabytes to start.',
        lookAt:
          'what ends a thread of the pool, and how long may it be idle before? (Piscina: minThreads, idleTimeout)',
      });
    },
    { limitMs: 60_000 },
  );
}

function mustBeFew(t: Stage, { threads, processes }: Made, limit: number, teaching: Partial<Teaching>): void {
  t.require(threads + processes <= limit, {
    expected: `at most ${limit} threads or processes made for the fifty requests`,
    seen: [threads > 0 && `${threads} threads`, processes > 0 && `${processes} processes`]
      .filter(Boolean)
      .join(' and '),
    ...teaching,
  });
}

/** Not one for each request, but more than the cores can use. */
const tooMany = {
  because:
    'More threads or processes were made than the cores can use: the pool grows beyond them, or ends its threads while there is work and makes new ones.',
  lookAt: 'how many threads may the pool have, and what ends one of them?',
};

/** Works through a list, so many at a time. */
async function inTurns<Item>(
  atATime: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
