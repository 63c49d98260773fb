import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/behaviour.ts';
import { defineCheck } from '../harness/check.ts';
import type { Answer } from '../harness/visitor.ts';
import { inMs, mustBeBest } from './answers.ts';
import { freesThePlaces, refusesTheSurplus } from './crowds.ts';
import { edgeBehaviours } from './edges.ts';
import { cpuByThread, pidsDuring } from './evidence.ts';
import lesson from './lesson.ts';
import { bestSeats, fibonacci } from './reference.ts';
import {
  Crowd,
  freshHalls,
  largestParty,
  mostThreads,
  patienceMs,
  searchCostMs,
  searchPath,
  soon,
  tellInOneLine,
} from './searches.ts';

/** Event-loop utilisation of an app that only hands searches on, with room for our own health checks. */
const mostlyIdle = 0.4;

defineCheck(lesson, ({ behaviour, load }) => {
  const hall = freshHalls();

  behaviour(
    'answers',
    'every answer is the best one',
    {
      because: 'The search gives other seats than before. Faster is no use when it is wrong.',
      lookAt: 'what goes into the search and what comes out, on its way to wherever it runs now?',
    },
    async (t) => {
      const expected = [2, 4, largestParty].map((party) => bestSeats(hall(), party));
      const answers = await Promise.all(
        expected.map(({ venue, party }) => t.visitor().get(searchPath(venue, party), soon)),
      );
      for (const [i, seats] of expected.entries()) mustBeBest(t, answers[i] as Answer, seats);
      for (const n of [0, 1, 12, 25]) {
        const answer = (await t.visitor().get(`/fibonacci/${n}`)).mustBe(200);
        t.require(answer.json?.value === fibonacci(n), {
          expected: `{"n":${n},"value":${fibonacci(n)}}`,
          seen: answer.text,
        });
      }
      (await t.visitor().get(searchPath(401, 2))).mustBe(404, {
        because: 'There are halls 1 to 400.',
        lookAt: 'what does the route do when findVenue finds nothing?',
      });
    },
    { limitMs: 45_000 },
  );

  behaviour(
    'health',
    '/health answers at once while eight searches run',
    {
      because: 'Every search runs on the event loop, so nothing else is answered until it is done.',
      lookAt: 'which thread executes bestSeats, and which one answers /health?',
    },
    async (t) => {
      const app = t.app(1);
      // A window of less than a second holds few timer ticks: one hiccup of the machine is no verdict.
      for (const searches of [8, 16]) {
        await app.probe.reset();
        const before = app.cpuMs();
        const crowd = new Crowd(
          t,
          Array.from({ length: searches }, () => searchPath(hall(), 4)),
        );
        await t.until('the app to search', () => app.cpuMs() - before > 40 || crowd.open < searches, soon);
        const waits: number[] = [];
        while (crowd.open > 0) {
          const answer = await t.visitor().get('/health', { deadlineMs: patienceMs });
          answer.mustBe(200);
          waits.push(answer.ms);
          await delay(10);
        }
        const { eventLoopHeld, elu } = await app.probe.read();
        tellInOneLine(t, `${searches} searches at once, meanwhile ${waits.length} × GET /health`);
        for (const answer of await crowd.everyAnswer()) {
          answer.mustBe(200, { because: 'A right search must be answered.' });
        }
        if (waits.length === 0) t.inconclusive('the searches were over before anybody could ask for /health');
        const typicalMs = median(waits);
        // A loop that is idle most of the time and still late waits for a core: that is the machine's doing.
        const starved = elu < mostlyIdle;
        if (starved && typicalMs > 50) {
          if (searches === 8) continue;
          t.inconclusive('the machine was so busy that even an idle event loop answered late');
        }
        t.atMost('a typical GET /health', typicalMs, 50, 'ms', {
          because: `Every search runs on the event loop, so nothing else is answered until it is done: /health waited ${inMs(typicalMs)}.`,
        });
        if (eventLoopHeld.p99 <= 30 || searches === 16) return mustNotBlock(t, eventLoopHeld.p99);
      }
    },
    { limitMs: 60_000 },
  );

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
      const searchers = (count: number) =>
        new Crowd(
          t,
          Array.from({ length: count }, () => searchPath(hall(), largestParty)),
        );
      const mustAnswer = async (crowd: Crowd) => {
        for (const answer of await crowd.everyAnswer())
          answer.mustBe(200, { because: 'A right search must be answered.' });
      };
      const startedAt = performance.now();
      const alone = await cpuByThread(t.app(1), mustAnswer(searchers(1)));
      const aloneMs = performance.now() - startedAt;
      const together = await cpuByThread(t.app(1), mustAnswer(searchers(2)));
      const togetherMs = performance.now() - startedAt - aloneMs;
      if (alone && together) {
        const [costMs = 0] = alone;
        const busy = together.filter((ms) => ms >= 0.4 * costMs).length;
        const used = together.slice(0, 2).map(inMs).join(' and ');
        tellInOneLine(t, `one search alone\t${inMs(costMs)} of CPU`);
        t.require(busy >= 2, {
          expected: 'two threads to do the work of a search each',
          seen: `${busy}; the two busiest used ${used}`,
          step: 'two searches at once',
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
      const app = t.app(1);
      const limit = mostThreads(t);
      const searches = Array.from({ length: limit + 3 }, () => searchPath(hall(), 2));
      // Of 10 ms each: long enough that a pool, too, sees no pause in which it would end a thread.
      const paths = [...searches, ...Array.from({ length: Math.max(0, 50 - searches.length) }, () => '/fibonacci/30')];
      const before = await app.probe.read();
      const known = new Set([...before.processes, ...app.tree().map(({ pid }) => pid)]);
      const pids = await pidsDuring(
        app,
        inTurns(10, paths, async (path) => {
          (await t.visitor().get(path, { deadlineMs: patienceMs })).mustBe(200, {
            because: 'Ten at a time are no crowd.',
          });
        }),
      );
      const after = await app.probe.read();
      tellInOneLine(t, `${paths.length} requests, ten at a time`);
      const threads = after.threadsCreated - before.threadsCreated;
      const processes = [...new Set([...after.processes, ...pids])].filter((pid) => !known.has(pid)).length;
      t.require(threads + processes <= limit, {
        expected: `at most ${limit} threads or processes made for them`,
        seen: [threads > 0 && `${threads} threads`, processes > 0 && `${processes} processes`]
          .filter(Boolean)
          .join(' and '),
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'bounded',
    'of a crowd, whoever finds 32 waiting is turned away at once',
    {
      because:
        'Everybody is let in to wait. The queue grows as long as people come, each waits longer than the one before, and most have left when their turn comes.',
      lookAt: 'what happens to a search when all threads are busy and 32 searches wait already?',
    },
    (t) => refusesTheSurplus(t, hall),
    { limitMs: 60_000 },
  );

  behaviour(
    'gone',
    'a client that goes away frees its place within a second',
    {
      because:
        'Nobody tells the search that its client has gone. It goes on, and those behind it wait for answers that nobody will read.',
      lookAt: 'what happens to a waiting and to a running search when the response closes before it was sent?',
    },
    (t) => freesThePlaces(t, hall),
    { limitMs: 60_000 },
  );

  edgeBehaviours(behaviour, hall);

  load((t) => {
    const party = largestParty;
    const costMs = searchCostMs(party);
    const aimedPerSecond = (0.35 * t.cores * 1_000) / costMs;
    // Few virtual users, and whole ones: Artillery keeps a core busy when more than forty a second come.
    const searchesEach = Math.ceil(aimedPerSecond / 10);
    // At least two searches a second: with fewer, most health checks meet none.
    const arrivalRate = Math.max(2, Math.round(aimedPerSecond / searchesEach));
    const searchesPerSecond = arrivalRate * searchesEach;
    const share = Math.round((searchesPerSecond * costMs) / t.cores / 10);
    return {
      phases: [{ duration: 6, arrivalRate }],
      variables: { party, searchesEach, healthChecksEach: Math.round(50 / arrivalRate) },
      note: `one search for ${party} costs ${inMs(costMs)} of CPU here: ${searchesPerSecond} searches/s are ${share} % of ${t.cores} cores, beside 50 health checks/s`,
    };
  });
});

function mustNotBlock(t: Stage, blockedMs: number): void {
  t.atMost('event-loop delay p99, in CPU time', blockedMs, 30, 'ms', {
    because: `/health gets through, but something still holds the event loop for ${inMs(blockedMs)} at a time.`,
    lookAt: 'what else does the main thread do for a search: start something, copy something large, wait?',
  });
}

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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
