import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { mustBeBest, mustBeOwn } from './answers.ts';
import { bestSeats, fibonacci } from './reference.ts';
import { Crowd, largestParty, mostThreads, mostWaiting, patienceMs, searchPath, soon, startAnew } from './searches.ts';

/** The hall whose seat map has lost a row. */
const brokenHall = 13;

const serversFault = { because: 'The search of hall 13 fails. That is the server’s fault, which 500 says.' };

const keptPlace = {
  because:
    'A search that throws keeps its place: what counts those who wait does not count down. After 32 of them nobody is served any more.',
  lookAt: 'what happens to the count when a search ends, in whatever way?',
};

/** What a pool must also get right: wrong numbers, a search that throws, and the end of the process. */
export function edgeBehaviours(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'bad-input',
    'a bad party is 400 at once',
    {
      because:
        'The input goes into the computation unchecked. Whoever sends a wrong number decides how long a core is busy.',
      lookAt: 'what does the route know about the number before it starts to compute?',
    },
    async (t) => {
      const party = [
        '',
        '?party=',
        '?party=four',
        '?party=0',
        '?party=-1',
        '?party=2.5',
        '?party=1',
        '?party=9',
        '?party=1000000000',
        // What parseInt takes for 4.
        '?party=4seats',
        '?party=4&party=4',
      ];
      let refused = false;
      try {
        for (const query of party)
          mustSayWhat(t, await t.visitor().get(`/venues/20/best-seats${query}`, { deadlineMs: 3_000 }));
        for (const id of ['0', '401', '1.5', '-1', 'hall'])
          (await t.visitor().get(searchPath(id, 2), { deadlineMs: 3_000 })).mustBe(404, noSuchHall);
        await refusesWhileOthersSearch(t, hall);
        refused = true;
      } finally {
        if (!refused) await startAnew(t); // It may compute for ever.
      }
    },
    { limitMs: 45_000 },
  );

  behaviour(
    'poison',
    'a search that throws fails alone',
    {
      because:
        'Hall 13 makes the search throw. One broken hall must not take along anybody else’s search, nor the thread that the next one needs.',
      lookAt:
        'where does an error go that is thrown where the search runs, and what becomes of that thread or process?',
    },
    async (t) => {
      const app = t.app(1);
      const [beside, next] = [bestSeats(hall(), 4), bestSeats(hall(), 2)];
      const before = sizeOf(app);
      const crowds: Crowd[] = [];
      const ask = async (paths: string[]) => {
        const crowd = new Crowd(t, paths);
        crowds.push(crowd);
        return everyAnswerOfALivingApp(t, crowd);
      };
      let survived = false;
      try {
        // More often than searches may run and wait: an app that loses a thread, or a place, for each has none left.
        const times = mostWaiting + mostThreads(t) + 1;
        const atOnce = Math.ceil(times / 2);
        for (let asked = 0; asked < times; asked += atOnce) {
          if (asked > 0) t.trail.begin(`${asked} × GET ${searchPath(brokenHall, 2)}`, '500');
          const broken = Array.from({ length: Math.min(atOnce, times - asked) }, () => searchPath(brokenHall, 2));
          for (const answer of await ask(asked === 0 ? [searchPath(beside.venue, beside.party), ...broken] : broken)) {
            if (isOfBrokenHall(answer)) answer.mustBe(500, answer.status === 503 ? keptPlace : serversFault);
            else mustBeBest(t, answer, beside);
          }
        }
        t.trail.begin(`${times} × GET ${searchPath(brokenHall, 2)}`, '500');
        const [answer] = await ask([searchPath(next.venue, next.party)]);
        mustBeBest(t, answer as Answer, next);
        mustNotHaveGrown(t, before, sizeOf(app));
        survived = true;
      } finally {
        await Promise.all(crowds.map((each) => each.leave()));
        if (!survived) await startAnew(t);
      }
    },
    { limitMs: 45_000 },
  );

  behaviour(
    'drain',
    'SIGTERM lets accepted searches finish, then the process exits with 0',
    {
      because:
        'SIGTERM broke off searches that ran or waited. Every deploy would do that to the customers of that moment.',
      lookAt: 'what does src/server.ts do on SIGTERM, and what does it wait for before it exits?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const app = t.app(1);
      // Of different length: what waits for the first one only breaks off the second.
      const running = [largestParty, 5].slice(0, t.cores);
      const waiting = Array<number>(t.cores).fill(2);
      const paths = [...running, ...waiting].map((party) => searchPath(hall(), party));
      const before = app.cpuMs();
      const crowd = new Crowd(t, paths);
      await t.until('the app to search', () => app.cpuMs() - before > 60 || crowd.open < paths.length, soon);
      app.signal('SIGTERM');
      const answers = await crowd.everyAnswer();
      const { steps } = t.trail;
      t.trail.begin('SIGTERM while these searches run or wait:');
      for (const { what, answer } of steps) t.step(what, answer);
      for (const answer of answers) mustBeOwn(t, answer.mustBe(200), []);
      const exited = await app.exitedWithin(10_000);
      t.require(exited && app.exitCode === 0, {
        expected: 'the process to exit with code 0 within 10 s of its last answer',
        seen: exited ? app.ending() : 'it still runs',
        because: exited
          ? 'The answers are out, but the process says that it failed, and whoever supervises it will believe that.'
          : 'The answers are out, but something keeps the process alive: a pool that nobody closed, or a connection.',
      });
    },
    { limitMs: 45_000 },
  );
}

interface Size {
  /** Threads of the process that was started; Node's own are among them. Undefined where only Linux can tell. */
  threads: number | undefined;
  processes: number;
}

function sizeOf(app: Instance): Size {
  const threads = app.threadCpu();
  return {
    threads: threads && [...threads.keys()].filter((thread) => thread.startsWith(`${app.pid}/`)).length,
    processes: app.tree().length,
  };
}

/** Whoever starts a new thread for one that threw has to end the old one. */
function mustNotHaveGrown(t: Stage, before: Size, after: Size): void {
  const threads = (after.threads ?? 0) - (before.threads ?? 0);
  const processes = after.processes - before.processes;
  // Node starts its own threads for files when they are first needed: four.
  const limit = mostThreads(t) + 4;
  t.require(threads <= limit && processes <= limit, {
    step: 'afterwards',
    expected: `no more than ${limit} threads or processes beyond those before`,
    seen: threads > limit ? `${threads} more threads` : `${processes} more processes`,
    because: 'Each search that throws leaves a thread behind, and a new one is made beside it. They add up.',
  });
}

/** The benchmark is for the infrastructure team, and is as open as the rest. */
export function fibonacciBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'bad-n',
    'the benchmark takes 0 to 35 and refuses everything else',
    {
      because: 'Whoever sends a wrong number decides how long a core is busy: each next one takes 1.6 times as long.',
      lookAt: 'what does GET /fibonacci/:n know about the number before it starts to compute?',
    },
    async (t) => {
      let refused = false;
      try {
        for (const n of ['four', '-1', '2.5', '1000000000', '36', '5th'])
          mustSayWhat(t, await t.visitor().get(`/fibonacci/${n}`, { deadlineMs: 3_000 }));
        for (const n of [0, 1, 35]) {
          const answer = (await t.visitor().get(`/fibonacci/${n}`, { deadlineMs: patienceMs })).mustBe(200);
          const expected = JSON.stringify({ n, value: fibonacci(n) });
          t.require(answer.json?.n === n && answer.json?.value === fibonacci(n), { expected, seen: answer.text });
        }
        refused = true;
      } finally {
        if (!refused) await startAnew(t); // It may compute for ever.
      }
    },
    { limitMs: 45_000, further: true },
  );
}

const noSuchHall = {
  because: 'There are halls 1 to 400.',
  lookAt: 'what does the route do when there is no such hall?',
};

function mustSayWhat(t: Stage, answer: Answer): void {
  answer.mustBe(400);
  t.require(typeof answer.json?.error === 'string', {
    expected: '{ "error": … }',
    seen: answer.text.slice(0, 80) || 'an empty body',
    because: 'A client that sent something wrong wants to read what.',
  });
}

/** A number that is checked in the thread is refused only when a thread gets to it, after all that wait. */
async function refusesWhileOthersSearch(t: Stage, hall: () => number): Promise<void> {
  const app = t.app(1);
  const searches = Math.min(mostWaiting, 6 * t.cores);
  const before = app.cpuMs();
  const crowd = new Crowd(
    t,
    Array.from({ length: searches }, () => searchPath(hall(), 2)),
  );
  try {
    await t.until('the app to search', () => app.cpuMs() - before > 60 || crowd.open < searches, soon);
    const openBefore = crowd.open;
    // Several, because not every queue serves in order.
    const bad = await Promise.all(
      [99, 1, 9, 0].map((party) => t.visitor().get(searchPath(20, party), { deadlineMs: patienceMs })),
    );
    const servedMeanwhile = openBefore - crowd.open;
    t.trail.begin(`${searches} searches at once, and meanwhile ${bad.length} with a bad party`);
    for (const answer of bad) mustSayWhat(t, answer);
    if (openBefore < searches / 2) return; // They were nearly over before anybody could ask.
    t.require(servedMeanwhile <= 2 * t.cores, {
      expected: 'each 400 at once, whatever else is searched for',
      seen: `the last 400 after ${servedMeanwhile} more of the searches were answered`,
      because: 'The number waits in line with the searches, and is refused when its turn comes.',
      lookAt: 'what does the route know about the number before it hands the search over?',
    });
  } finally {
    await crowd.leave();
  }
}

/** Whoever neither answers nor computes will never answer: nobody need wait for that. */
async function everyAnswerOfALivingApp(t: Stage, crowd: Crowd): Promise<Answer[]> {
  const app = t.app(1);
  const lookEveryMs = 3_000;
  let cpuMs = app.cpuMs();
  let lookedAt = performance.now();
  while (crowd.open > 0) {
    await delay(20);
    if (performance.now() - lookedAt < lookEveryMs) continue;
    const usedMs = app.cpuMs() - cpuMs;
    // The contract names 500 for the broken hall: no such answer is why others have none.
    for (const answer of crowd.answers) if (isOfBrokenHall(answer)) answer.is(500);
    t.require(cpuMs === 0 || usedMs > 0.02 * lookEveryMs || app.exited, {
      step: 'three seconds later',
      expected: 'an answer to every search',
      seen: `${crowd.open} without one, and the app does nothing any more`,
    });
    cpuMs += usedMs;
    lookedAt = performance.now();
  }
  return crowd.everyAnswer();
}

const isOfBrokenHall = ({ request }: Answer) => request.includes(`/venues/${brokenHall}/best-seats`);
