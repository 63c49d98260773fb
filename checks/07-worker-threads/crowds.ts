import { setTimeout as delay } from 'node:timers/promises';
import {
  type Answer,
  type CheckDefinition,
  disturbance,
  type Instance,
  MachineWatch,
  type Stage,
  wantsCore,
} from '../harness/sdk/index.ts';
import { inMs, mustBeBest, mustBeOwn, mustSayWhen } from './answers.ts';
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

const notServed = {
  because: 'Who is not served is told so, with 503: come back later. Another status says something else.',
  lookAt: 'what does the app answer when it takes no more searches?',
};

/** More searches than fit. */
export function crowdBehaviours(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
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
}

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

/** Two hundred searches at once. The app refuses most of them before it has worked off as many as may wait. */
async function refusesTheSurplus(t: Stage, hall: () => number): Promise<void> {
  const app = t.app(1);
  // Many cores eat a crowd of small searches while it is still arriving.
  const party = t.cores > 4 ? largestParty : 2;
  const visitors = Math.max(200, 4 * (mostWaiting + mostThreads(t)));
  const enough = visitors / 2;
  const sample = Array.from({ length: 2 }, () => bestSeats(hall(), party));
  const halls = [...sample.map(({ venue }) => venue), ...Array.from({ length: visitors - sample.length }, hall)];
  const mostCpuMs = (mostWaiting + 2 * t.cores) * searchCostMs(party);
  const cpuBefore = app.cpuMs();
  const crowd = new Crowd(
    t,
    halls.map((venue) => searchPath(venue, party)),
  );
  try {
    // Not so many seconds but so much work: a busy machine makes the seconds longer.
    while (crowd.count(503) < enough && crowd.open > 0 && app.cpuMs() - cpuBefore < mostCpuMs) await delay(20);
    const [refused, answered, waiting] = [crowd.count(503), crowd.count(200), crowd.open];
    t.trail.begin(`${visitors} searches at once`);
    crowd.answers.find(({ status }) => status !== 200 && status !== 503)?.mustBe([200, 503], notServed);
    t.require(refused >= enough, {
      expected: `at least ${enough} of them refused with 503 at once`,
      seen: `${refused} refused, ${answered} answered, ${waiting} still waiting`,
    });
    const answers = await crowd.everyAnswer();
    t.trail.begin(`${visitors} searches at once`);
    mustFillTheLine(t, answers);
    const lastSearch = Math.max(...answers.filter(({ status }) => status === 200).map(({ arrivedAt }) => arrivedAt));
    for (const answer of answers) {
      answer.mustBe([200, 503], notServed);
      if (answer.status === 503) mustSayWhen(t, answer, lastSearch);
      else mustBeOwn(t, answer, sample);
    }
    const late = await new Crowd(t, [searchPath(hall(), 2)]).everyAnswer();
    t.step('when all are answered, somebody searches');
    late[0]?.mustBe(200, {
      because: 'The crowd has gone and its places stay taken: what counts those who wait does not count down.',
      lookAt: 'what happens to the count when a search ends, in whatever way?',
    });
  } finally {
    await crowd.leave();
    if (crowd.count(503) < enough) await startAnew(t); // It would go on searching for nobody.
  }
}

/** As many are let in as may wait, and as come when others are done. A place that is freed is taken by whoever comes next. */
function mustFillTheLine(t: Stage, answers: readonly Answer[]): void {
  const served = answers.filter(({ status }) => status === 200);
  const lastRefusal = Math.max(...answers.filter(({ status }) => status === 503).map(({ arrivedAt }) => arrivedAt));
  const doneMeanwhile = served.filter(({ arrivedAt }) => arrivedAt <= lastRefusal).length;
  // A few may have come after the last refusal.
  const most = mostWaiting + mostThreads(t) + doneMeanwhile + 8;
  t.require(served.length >= mostWaiting, {
    expected: `${mostWaiting} of them to wait, and to be answered`,
    seen: `${served.length} answered, ${answers.length - served.length} refused`,
    because: 'The line is shorter than it may be: customers are sent away who could have been served.',
    lookAt: 'how many may wait before the first is refused?',
  });
  t.require(served.length <= most, {
    expected: `at most ${most} of them accepted: ${mostWaiting} wait, at most ${mostThreads(t)} run, and ${doneMeanwhile} were done before the last refusal`,
    seen: `${served.length}`,
    because: 'More wait than the 32 of the contract, and each of them longer.',
    lookAt: 'how many may wait before the first is refused?',
  });
}

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
  const crowd = new Crowd(
    t,
    Array.from({ length: clients }, () => searchPath(hall(), largestParty)),
  );
  const nexts: Crowd[] = [];
  let freed = false;
  try {
    const startedMs = 0.5 * t.cores * largeMs;
    await t.until('the app to search', () => app.cpuMs() - cpuBefore > startedMs || crowd.open < clients, soon);
    await crowd.leave();
    const [leftAt, cpuWhenLeft] = [performance.now(), app.cpuMs()];
    const sinceMs = () => performance.now() - leftAt;
    const spentMs = () => app.cpuMs() - cpuWhenLeft;
    while (!freed) {
      const next = new Crowd(t, [searchPath(expected.venue, expected.party)]);
      nexts.push(next);
      while (next.open > 0 && sinceMs() < limitMs() && spentMs() < mostCpuMs) await delay(20);
      t.trail.begin(`${clients} clients wait for a large search, and all go away`);
      t.step('then somebody wants a small search');
      if (next.open > 0 && disturbed() && spentMs() < mostCpuMs)
        t.inconclusive('the machine was too busy to answer a search');
      t.require(next.open === 0, {
        expected: `its answer within ${inMs(limitMs())}`,
        seen: `none; since they went away, the app has spent ${inMs(spentMs())} of CPU`,
      });
      const [answer] = await next.everyAnswer();
      if (answer?.status === 503 && sinceMs() < limitMs() - 300) await delay(50);
      else if (answer) {
        mustBeBest(t, answer, expected);
        freed = true;
      }
    }
    await untilItRests(app, () => spentMs() >= mostCpuMs);
    freed = spentMs() < mostCpuMs;
    t.atMost('CPU spent for those who have gone', spentMs(), mostCpuMs, 'ms');
  } finally {
    await Promise.all([crowd, ...nexts].map((each) => each.leave()));
    if (!freed) await startAnew(t); // It would go on searching for nobody.
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
