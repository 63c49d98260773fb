import { setTimeout as delay } from 'node:timers/promises';
import {
  type CheckDefinition,
  disturbance,
  type Instance,
  MachineWatch,
  type Stage,
  wantsCore,
} from '../harness/sdk/index.ts';
import { inMs, mustBeBest } from './answers.ts';
import { stillHealthy } from './line.ts';
import { bestSeats } from './reference.ts';
import {
  Crowd,
  estimatedCostMs,
  largestParty,
  mostThreads,
  mostWaiting,
  searchCostMs,
  searchPath,
  soon,
  startAnew,
} from './searches.ts';
import { isStill } from './stillness.ts';

/** Clients that do not wait for their searches. */
export function goneBehaviour(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'gone',
    'a client that goes away frees its place within a second',
    {
      because:
        'Nobody tells the search that its client has gone. It goes on, and those behind it wait for answers that nobody will read.',
      lookAt: 'what happens to a waiting and to a running search when the response closes before it was sent?',
    },
    (t) => freesThePlaces(t, hall),
    { limitMs: 60_000, further: true },
  );
}

const othersLeft = {
  because: 'Others went away, one of whom had asked for the same hall. The search of a client that stays has to go on.',
  lookAt: 'what ends when a response closes: that client’s search alone, or one that others wait for, too?',
};

const forgotten = {
  because:
    'The app does nothing, and a search has no answer: it went with those who left, or nothing takes it from the line.',
  lookAt:
    'what ends when a response closes: that client’s search alone? And who gives the next search to a thread that has become free or is new?',
};

/** Clients fill the pool and its queue and go away. What counts is the work that the app still does for them. */
async function freesThePlaces(t: Stage, hall: () => number): Promise<void> {
  const app = t.app(1);
  const clients = mostWaiting + t.cores;
  const expected = bestSeats(hall(), 2);
  const smallMs = searchCostMs(2);
  const largeMs = estimatedCostMs(largestParty);
  const watch = new MachineWatch();
  const disturbed = () => disturbance(watch.use() ?? {}) !== undefined;
  // Right apps spend 2 to 4 % of what all of their searches cost, one that goes on searching for them all of it.
  const mostCpuMs = Math.round(0.2 * clients * largeMs);
  const limitMs = () => (disturbed() ? 25_000 : Math.round(1_000 + 3 * smallMs));
  const cpuBefore = app.cpuMs();
  const small = searchPath(expected.venue, expected.party);
  // One who leaves has asked the same as the one who stays, and asked first.
  const crowd = new Crowd(t, [...Array.from({ length: clients - 2 }, () => searchPath(hall(), largestParty)), small]);
  const nexts: Crowd[] = [];
  let freed = false;
  try {
    const startedMs = 0.5 * t.cores * largeMs;
    await t.until('the app to search', () => app.cpuMs() - cpuBefore > startedMs || crowd.open < clients - 1, soon);
    // Waits already when the others leave: nothing but that wakes the app for it.
    const stays = new Crowd(t, [small]);
    (await t.visitor().get('/health')).mustBe(200, stillHealthy); // Came after it, so the app has that search by then.
    await crowd.leave();
    const [leftAt, cpuWhenLeft] = [performance.now(), app.cpuMs()];
    const sinceMs = () => performance.now() - leftAt;
    const spentMs = () => app.cpuMs() - cpuWhenLeft;
    while (!freed) {
      const next = nexts.length === 0 ? stays : new Crowd(t, [small]);
      nexts.push(next);
      // Beyond the limit, too, where that tells why there is no answer: stillness takes two looks, for in the first the app
      // still ends threads.
      const hopeless = () => spentMs() >= mostCpuMs || sinceMs() > limitMs() + 6_500;
      const still = await isStill(app, () => next.open === 0 || hopeless());
      const [answered] = next.answers;
      const late = answered !== undefined && answered.arrivedAt - leftAt > limitMs();
      t.trail.begin(`${clients - 1} clients wait for a search, and all of them go away`);
      t.step(
        next === stays
          ? 'one more waits behind them for a small search, and stays'
          : 'then somebody wants a small search',
      );
      if (next.open > 0 && disturbed() && !still && spentMs() < mostCpuMs)
        t.inconclusive('the machine was too busy to answer a search');
      t.require(next.open === 0 && !late, {
        expected: still
          ? 'its answer'
          : spentMs() < mostCpuMs
            ? `its answer within ${inMs(limitMs())}`
            : `its answer before ${inMs(mostCpuMs)} of CPU go into searches of those who have gone`,
        seen: `${late ? 'a later one' : 'none'}; since they went away, the app has spent ${inMs(spentMs())} of CPU`,
        ...(still ? forgotten : {}),
      });
      const [answer] = await next.everyAnswer();
      if (answer?.status === 503 && sinceMs() < limitMs() - 300) await delay(50);
      else if (answer) {
        if (next === stays && answer.status !== 503) answer.mustBe(200, othersLeft);
        mustBeBest(t, answer, expected);
        freed = true;
      }
    }
    await untilItRests(app, () => spentMs() >= mostCpuMs);
    freed = spentMs() < mostCpuMs;
    t.atMost('CPU spent for those who have gone', spentMs(), mostCpuMs, 'ms');
    freed = false;
    await mustStillHaveALimit(t, hall);
    freed = true;
  } finally {
    await Promise.all([crowd, ...nexts].map((each) => each.leave()));
    if (!freed) await startAnew(t); // It would go on searching for nobody.
  }
}

/** Whoever leaves frees one place, not two: those who come next meet the same limit. */
async function mustStillHaveALimit(t: Stage, hall: () => number): Promise<void> {
  const app = t.app(1);
  const clients = 3 * mostWaiting + 2 * mostThreads(t);
  const enough = 2 * mostWaiting + mostThreads(t) - 16; // Some searches may be done meanwhile.
  const mostCpuMs = 2 * t.cores * estimatedCostMs(largestParty);
  const cpuBefore = app.cpuMs();
  const crowd = new Crowd(
    t,
    Array.from({ length: clients }, () => searchPath(hall(), largestParty)),
  );
  try {
    while (crowd.count(503) < enough && crowd.open > 0 && app.cpuMs() - cpuBefore < mostCpuMs) await delay(20);
    t.trail.begin(`${mostWaiting + t.cores} clients had gone; now ${clients} search at once`);
    t.require(crowd.count(503) >= enough, {
      expected: `at least ${enough} of them refused with 503 at once`,
      seen: `${crowd.count(503)} refused`,
      because:
        'More are let in than before the others went away: a client that leaves gives its place back more than once, so the limit grows with each.',
      lookAt: 'what counts down when a response closes, and what when the search ends?',
    });
  } finally {
    await crowd.leave();
  }
}

/**
 * Whoever came next may have overtaken those who are gone: what counts is what the app does until it rests. A main thread
 * that wants a core gets none on a busy machine; other threads are seen by the CPU time that they use.
 */
async function untilItRests(app: Instance, enough: () => boolean): Promise<void> {
  const lookEveryMs = 100;
  let cpuMs = app.cpuMs();
  for (let rested = 0; rested < 3 && !enough(); ) {
    await delay(lookEveryMs);
    const usedMs = app.cpuMs() - cpuMs;
    const computes = usedMs > 0.2 * lookEveryMs || wantsCore(app.tree());
    rested = computes ? 0 : rested + 1;
    cpuMs += usedMs;
  }
}
