import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustBeBest, mustBeOwn } from './answers.ts';
import { bestSeats } from './reference.ts';
import { Crowd, largestParty, mostThreads, mostWaiting, searchPath, soon, startAnew } from './searches.ts';

/** The hall whose seat map has lost a row. */
const brokenHall = 13;

const serversFault = { because: 'The search of hall 13 fails. That is the server’s fault, which 500 says.' };

/** What a pool must also get right: wrong numbers, a search that throws, and the end of the process. */
export function edgeBehaviours(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'bad-input',
    'a bad party or n is 400 at once',
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
      ];
      const n = ['four', '-1', '2.5', '1000000000', '36'];
      let refused = false;
      try {
        for (const path of [
          ...party.map((query) => `/venues/20/best-seats${query}`),
          ...n.map((text) => `/fibonacci/${text}`),
        ]) {
          const answer = (await t.visitor().get(path, { deadlineMs: 3_000 })).mustBe(400);
          t.require(typeof answer.json?.error === 'string', {
            expected: '{ "error": … }',
            seen: answer.text.slice(0, 80) || 'an empty body',
            because: 'A client that sent something wrong wants to read what.',
          });
        }
        refused = true;
      } finally {
        if (!refused) await startAnew(t); // It may compute for ever.
      }
    },
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
      const [beside, next] = [bestSeats(hall(), 4), bestSeats(hall(), 2)];
      // More often than there are threads, if all of them may wait: a lost one is not missed before the others are.
      const broken = Array.from({ length: Math.min(mostThreads(t) + 1, mostWaiting - 2) }, () =>
        searchPath(brokenHall, 2),
      );
      const crowd = new Crowd(t, [searchPath(beside.venue, beside.party), ...broken]);
      let last: Crowd | undefined;
      try {
        for (const answer of await everyAnswerOfALivingApp(t, crowd)) {
          if (/venues.13.best/.test(answer.request)) answer.mustBe(500, serversFault);
          else mustBeBest(t, answer, beside);
        }
        last = new Crowd(t, [searchPath(next.venue, next.party)]);
        const [answer] = await everyAnswerOfALivingApp(t, last);
        mustBeBest(t, answer as Answer, next);
      } finally {
        const survived = last?.answers.length === 1;
        await Promise.all([crowd, last].map((each) => each?.leave()));
        if (!survived) await startAnew(t);
      }
    },
    { limitMs: 45_000 },
  );

  behaviour(
    'drain',
    'SIGTERM lets running searches finish, then the process exits with 0',
    {
      because:
        'SIGTERM broke off searches that were running. Every deploy would do that to the customers of that moment.',
      lookAt: 'what does src/server.ts do on SIGTERM, and what does it wait for before it exits?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const app = t.app(1);
      // Of different length: what waits for the first one only breaks off the second.
      const paths = [largestParty, 5].slice(0, t.cores).map((party) => searchPath(hall(), party));
      const before = app.cpuMs();
      const crowd = new Crowd(t, paths);
      await t.until('the app to search', () => app.cpuMs() - before > 60 || crowd.open < paths.length, soon);
      app.signal('SIGTERM');
      const answers = await crowd.everyAnswer();
      t.trail.unshift('SIGTERM while these searches run:');
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
