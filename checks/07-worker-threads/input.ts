import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { fibonacci } from './reference.ts';
import { Crowd, goesOnOrAnew, mostWaiting, patienceMs, searchPath, soon, startAnew } from './searches.ts';

/** What is checked before anything is computed. */
export function inputBehaviour(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
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
        for (const id of ['0', '401', '1.5', '-1', 'hall', '20th'])
          (await t.visitor().get(searchPath(id, 2), { deadlineMs: 3_000 })).mustBe(404, noSuchHall);
        const bad = [99, 1, 9, 0].map((party) => searchPath(20, party));
        await refusesWhileOthersSearch(t, hall, bad);
        refused = true;
      } finally {
        if (!refused) await startAnew(t); // It may compute for ever.
      }
    },
    { limitMs: 45_000 },
  );
}

/** The benchmark is for the infrastructure team, and is as open as the rest. */
export function fibonacciBehaviour(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
  behaviour(
    'bad-n',
    'the benchmark takes 0 to 35 and refuses everything else',
    {
      because:
        'This is no whole number from 0 to 35, and it was not refused. By the textbook recursion each next number takes 1.6 times as long, so whoever sends one decides how long a core is busy.',
      lookAt: 'what does GET /fibonacci/:n know about the number before it starts to compute?',
    },
    async (t) => {
      let refused = false;
      try {
        for (const n of ['four', '-1', '2.5', '1000000000', '36', '5th', '%20'])
          mustSayWhat(t, await t.visitor().get(`/fibonacci/${n}`, { deadlineMs: 3_000 }));
        for (const n of [0, 1, 35]) {
          const answer = (await t.visitor().get(`/fibonacci/${n}`, { deadlineMs: patienceMs })).mustBe(200);
          const expected = JSON.stringify({ n, value: fibonacci(n) });
          t.require(answer.json?.n === n && answer.json?.value === fibonacci(n), { expected, seen: answer.text });
        }
        const bad = ['36', 'four', '-1', '1000000000'].map((n) => `/fibonacci/${n}`);
        await refusesWhileOthersSearch(t, hall, bad);
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

export function mustSayWhat(t: Stage, answer: Answer): void {
  answer.mustBe(400);
  t.require(typeof answer.json?.error === 'string' && answer.json.error !== '', {
    expected: '{ "error": … }',
    seen: answer.text.slice(0, 80) || 'an empty body',
    because: 'A client that sent something wrong wants to read what.',
  });
}

/** A number that is checked in the thread is refused only when a thread gets to it, after all that wait. */
async function refusesWhileOthersSearch(t: Stage, hall: () => number, paths: string[]): Promise<void> {
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
    const bad = await Promise.all(paths.map((path) => t.visitor().get(path, { deadlineMs: patienceMs })));
    const servedMeanwhile = openBefore - crowd.open;
    t.trail.begin(`${searches} searches at once, and meanwhile ${bad.length} × such as GET ${paths[0]}`);
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
    await goesOnOrAnew(t, searchPath(hall(), 2));
  }
}
