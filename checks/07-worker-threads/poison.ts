import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { mustBeBest } from './answers.ts';
import { bestSeats } from './reference.ts';
import { Crowd, mostThreads, mostWaiting, searchPath, startAnew } from './searches.ts';
import { Stillness } from './stillness.ts';

/** The hall whose seat map has lost a row. */
export const brokenHall = 13;

const serversFault = { because: 'The search of hall 13 fails. That is the server’s fault, which 500 says.' };

/** Fewer than may wait are refused: which of these it is can't be told from outside. */
const keptPlace = {
  because:
    'Fewer than 32 searches wait, so this is no crowd. Either fewer are let in than may wait, or a search that throws keeps its place in the count, or something refuses every search after a few that threw. By the last two, one broken hall closes all the others.',
  lookAt: 'what happens to the count when a search throws, and what else makes the app answer 503?',
};

/** A search that throws. */
export function poisonBehaviour(behaviour: CheckDefinition['behaviour'], hall: () => number): void {
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

async function everyAnswerOfALivingApp(t: Stage, crowd: Crowd): Promise<Answer[]> {
  const stillness = new Stillness(t.app(1));
  while (crowd.open > 0) {
    await delay(20);
    if (!stillness.now()) continue;
    // The contract names 500 for the broken hall: no such answer is why others have none.
    for (const answer of crowd.answers) if (isOfBrokenHall(answer)) answer.is(500);
    t.require(crowd.open === 0, {
      step: 'three seconds later',
      expected: 'an answer to every search',
      seen: `${crowd.open} without one, and meanwhile the app did nothing`,
    });
  }
  return crowd.everyAnswer();
}

export const isOfBrokenHall = ({ request }: Answer) => request.includes(`/venues/${brokenHall}/best-seats`);
