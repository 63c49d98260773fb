import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { Crowd, mostThreads, mostWaiting } from './searches.ts';

/** Who was done by then, and whose answer is still on its way to us. */
const onTheirWay = 2;
/** Whoever asks for it while the line is full. */
export const stillHealthy = {
  because:
    'As many searches wait as may wait, and /health says that the app is ill. The load balancer takes it out, though it does what it should, and its customers go to the next one, whose line is then full.',
  lookAt: 'what does GET /health answer, and what does it ask before it does?',
};

/** When nobody of the crowd has been refused for so long, everybody has been looked at. */
const settledMs = 400;
/** More than are done in the meantime, also on a machine that makes each of our questions slow. */
const atOnce = 4;

/**
 * A few more searches, and a few more: whenever one is refused, the line is as long as the app lets it get. Until that is no
 * longer than it may be, or all of the crowd have been let in or refused. Who is let in meanwhile has to be answered like
 * the others.
 */
export async function mustBeAFullLine(t: Stage, crowd: Crowd, nextPath: () => string): Promise<Crowd[]> {
  const most = mostWaiting + mostThreads(t) + onTheirWay;
  const late: Crowd[] = [];
  const inTheApp = () => [crowd, ...late].reduce((sum, { open }) => sum + open, 0);
  let refused = crowd.count(503);
  let changedAt = performance.now();
  while (inTheApp() > most) {
    const before = [crowd, ...late];
    const few = new Crowd(t, Array.from({ length: atOnce }, nextPath));
    late.push(few);
    let lookedAt = false; // All of the few, when a request that came after them has been answered.
    const after = t.visitor().get('/health');
    const done = () => {
      lookedAt = true;
    };
    after.then(done, done);
    while (few.count(503) === 0 && !lookedAt) await delay(2);
    // At this moment. Of the few, whoever is not refused may be in the line, or on the way to it.
    const isRefused = few.count(503) > 0;
    const least = before.reduce((sum, { open }) => sum + open, 0);
    const isFull = isRefused && least + few.open <= most;
    (await after).mustBe(200, stillHealthy);
    if (isFull) return late;
    if (crowd.count(503) !== refused) {
      refused = crowd.count(503);
      changedAt = performance.now();
    }
    const settled = performance.now() - changedAt > settledMs;
    t.require(!isRefused || least <= most || !settled, {
      step: 'one more search, which was refused',
      expected: `at most ${most} unanswered searches at that moment: ${mostWaiting} wait, at most ${mostThreads(t)} run, and ${onTheirWay} answers are on their way`,
      seen: `${least}`,
      because: 'More wait than the 32 of the contract, and each of them longer.',
      lookAt: 'how many may wait before the first is refused, and how many does a thread take at once?',
    });
    await delay(20);
  }
  return late;
}
