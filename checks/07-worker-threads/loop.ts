import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, disturbs, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { inMs } from './answers.ts';
import { Crowd, patienceMs, searchPath, soon } from './searches.ts';

/** Event-loop utilisation of an app that only hands searches on, with room for our own health checks. */
const mostlyIdle = 0.4;
/** Between two health checks. */
const pauseMs = 10;

/** What holds of `/health` while others search. */
export function loopBehaviours(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'health',
    '/health answers at once while others search and compute',
    {
      because: 'Searches run on the event loop, and nothing else is answered until they are done.',
      lookAt: 'which thread executes bestSeats, and which one answers /health?',
    },
    async (t) => {
      const app = t.app(1);
      // A window of less than a second holds few timer ticks: one hiccup of the machine is no verdict.
      for (const searches of [8, 16]) {
        const watch = new MachineWatch();
        await app.probe.reset();
        const before = app.cpuMs();
        const crowd = new Crowd(
          t,
          // Small ones, too: what is short enough for one customer is not for a load balancer.
          Array.from({ length: searches }, (_, i) => searchPath(hall(), i % 2 === 0 ? 4 : 2)),
        );
        await t.until('the app to search', () => app.cpuMs() - before > 40 || crowd.open < searches, soon);
        const waits: number[] = [];
        while (crowd.open > 0) {
          const answer = await t.visitor().get('/health', { deadlineMs: patienceMs });
          answer.mustBe(200);
          waits.push(answer.ms);
          await delay(pauseMs);
        }
        const { eventLoopHeld, elu } = await app.probe.read();
        t.trail.begin(`${searches} searches at once, meanwhile ${waits.length} × GET /health`);
        for (const answer of await crowd.everyAnswer()) {
          answer.mustBe(200, {
            because:
              'A right search must be answered. Fewer than 32 of them wait, so none is refused, nor given up because it has waited for long.',
          });
        }
        if (waits.length === 0) t.inconclusive('the searches were over before anybody could ask for /health');
        const typicalMs = atTypicalMoment(waits);
        // A loop that is idle most of the time and still late waits for a core, if others keep the cores busy. If they don't,
        // the loop that we look at is not the one that answers: the app has several processes, and those are blocked.
        const starved = elu < mostlyIdle && disturbs(watch.otherCoresBusy());
        if (starved && typicalMs > 50) {
          if (searches === 8) continue;
          await mustNotSearchWhereItAnswers(t, hall);
          t.inconclusive('the machine was so busy that even an idle event loop answered late');
        }
        t.atMost('a typical GET /health', typicalMs, 50, 'ms', {
          because:
            elu < mostlyIdle
              ? `${severalLoops} /health waited ${inMs(typicalMs)}.`
              : `Searches run on the event loop, and nothing else is answered until they are done: /health waited ${inMs(typicalMs)}.`,
        });
        if (eventLoopHeld.p99 > 30 && searches === 8) continue;
        mustNotBlock(t, eventLoopHeld.p99);
        break;
      }
      await fibonacciMustNotBlock(t);
    },
    { limitMs: 60_000 },
  );
}

/**
 * On a busy machine, late answers prove nothing. Which process answers /health, and whether its main thread searches, can be
 * told by CPU time. Linux only.
 */
async function mustNotSearchWhereItAnswers(t: Stage, hall: () => number): Promise<void> {
  const app = t.app(1);
  const used = async (paths: string[]): Promise<Map<string, number>> => {
    const before = app.threadCpu() ?? new Map<string, number>();
    await new Crowd(t, paths).everyAnswer();
    return new Map([...(app.threadCpu() ?? [])].map(([thread, ms]) => [thread, ms - (before.get(thread) ?? 0)]));
  };
  const sum = (values: Iterable<number>) => [...values].reduce((total, ms) => total + ms, 0);
  const asked = await used(Array<string>(300).fill('/health'));
  const answering = [...asked].filter(([, ms]) => ms > 0.2 * sum(asked.values())).map(([thread]) => thread);
  const searched = await used(Array.from({ length: 4 }, () => searchPath(hall(), 4)));
  const onTheLoopMs = sum(answering.map((thread) => searched.get(thread) ?? 0));
  t.require(onTheLoopMs < 0.4 * sum(searched.values()), {
    step: '4 searches at once',
    expected: 'the threads that answer /health to leave the searches to others',
    seen: `they used ${inMs(onTheLoopMs)} of CPU of ${inMs(sum(searched.values()))}`,
    because: severalLoops,
  });
}

const severalLoops =
  'The process that was started is idle, and those that answer are busy with searches: more processes make more event loops, and each is blocked by its own.';

function mustNotBlock(t: Stage, blockedMs: number): void {
  t.atMost('event-loop delay p99, in CPU time', blockedMs, 30, 'ms', {
    because: `/health gets through, but something still holds the event loop for ${inMs(blockedMs)} at a time.`,
    lookAt: 'what else does the main thread do for a search: start something, copy something large, wait?',
  });
}

/** The benchmark is a computation, too, and shorter than a search: health checks alone would seldom meet it. */
async function fibonacciMustNotBlock(t: Stage): Promise<void> {
  const { probe } = t.app(1);
  for (const attempt of ['first', 'last']) {
    await probe.reset();
    const crowd = new Crowd(
      t,
      Array.from({ length: 4 }, () => '/fibonacci/35'),
    );
    for (const answer of await crowd.everyAnswer()) answer.mustBe(200);
    await delay(30); // A stall is recorded when the app's timers run next, which is after it could answer us.
    const { eventLoopHeld, elu } = await probe.read();
    t.trail.begin('4 × GET /fibonacci/35 at once');
    if (eventLoopHeld.p99 > 30 && attempt === 'first') continue;
    if (eventLoopHeld.p99 > 30 && elu < mostlyIdle)
      t.inconclusive('the event loop was late although it was idle: the machine was too busy');
    t.atMost('event-loop delay p99, in CPU time', eventLoopHeld.p99, 30, 'ms', {
      because: `The searches leave the event loop free, but fibonacci runs on it, and held it for ${inMs(eventLoopHeld.p99)}.`,
      lookAt: 'which thread executes fibonacci?',
    });
    return;
  }
}

/**
 * How long a check waits that comes at a random moment. Ours come one after the other, so few meet a loop that is blocked for
 * long, and many one that is not: each counts for as long as it took.
 */
function atTypicalMoment(waits: readonly number[]): number {
  const sorted = [...waits].sort((a, b) => a - b);
  let leftMs = sorted.reduce((sum, ms) => sum + ms + pauseMs, 0) / 2;
  for (const ms of sorted) {
    leftMs -= ms + pauseMs;
    if (leftMs <= 0) return ms;
  }
  return 0;
}
