import { defineCheck } from '../harness/sdk/index.ts';
import { inMs, mustBeOwn } from './answers.ts';
import { crowdBehaviours } from './crowds.ts';
import { drainBehaviour } from './drain.ts';
import { goneBehaviour } from './gone.ts';
import { fibonacciBehaviour, inputBehaviour } from './input.ts';
import lesson from './lesson.ts';
import { longDrainBehaviour } from './long-drain.ts';
import { loopBehaviours } from './loop.ts';
import { poisonBehaviour } from './poison.ts';
import { poolBehaviours } from './pool.ts';
import { bestSeats, fibonacci } from './reference.ts';
import { Crowd, estimatedCostMs, freshHalls, largestParty, partyFor, searchPath, soon } from './searches.ts';

/** Of all cores, for searches under load: the rest is left for other programs, also on a slow machine. */
const aimedShare = 0.3;
/** Searches a second. With fewer, most health checks meet none. */
const leastPerSecond = 2;

/** Two pairs of its seats are equally good: A14 and A15, and B15 and B16. */
const hallOfEquals = 36;

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
      const twice = hall(); // For different parties at the same time: not one answer for both.
      const asked = [
        { venue: twice, party: 2 },
        { venue: twice, party: 4 },
        { venue: hall(), party: largestParty },
        { venue: hallOfEquals, party: 2 },
      ];
      const app = t.app(1);
      const before = app.cpuMs();
      const crowd = new Crowd(
        t,
        asked.map(({ venue, party }) => searchPath(venue, party)),
        soon,
      );
      await t.until('the app to search', () => app.cpuMs() - before > 40 || crowd.open < asked.length, soon);
      const expected = asked.map(({ venue, party }) => bestSeats(venue, party)); // While the app searches for them, too.
      for (const answer of await crowd.everyAnswer()) mustBeOwn(t, answer.mustBe(200), expected);
      for (const n of [0, 1, 12, 25]) {
        const answer = (await t.visitor().get(`/fibonacci/${n}`)).mustBe(200);
        t.require(answer.json?.n === n && answer.json?.value === fibonacci(n), {
          expected: `{"n":${n},"value":${fibonacci(n)}}`,
          seen: answer.text,
          because: 'The answer of the benchmark is not what it was: n and value are numbers, and value belongs to n.',
          lookAt: 'what does GET /fibonacci/:n answer, and where does each number in it come from?',
        });
      }
      (await t.visitor().get(searchPath(401, 2))).mustBe(404, {
        because: 'There are halls 1 to 400.',
        lookAt: 'what does the route do when findVenue finds nothing?',
      });
    },
    { limitMs: 45_000 },
  );

  loopBehaviours(behaviour, hall);
  poolBehaviours(behaviour, hall);
  inputBehaviour(behaviour, hall);
  poisonBehaviour(behaviour, hall);
  crowdBehaviours(behaviour, hall); // After the searches that throw: what these freed more than once is missed now.
  drainBehaviour(behaviour, hall);
  longDrainBehaviour(behaviour, hall);
  goneBehaviour(behaviour, hall);
  fibonacciBehaviour(behaviour, hall);

  load((t) => {
    const budgetMs = aimedShare * t.cores * 1_000;
    const party = partyFor(budgetMs / leastPerSecond);
    const costMs = estimatedCostMs(party);
    const aimedPerSecond = budgetMs / costMs;
    // Few virtual users, and whole ones: Artillery keeps a core busy when more than forty a second come.
    const searchesEach = Math.ceil(aimedPerSecond / 10);
    const arrivalRate = Math.max(leastPerSecond, Math.round(aimedPerSecond / searchesEach));
    const searchesPerSecond = arrivalRate * searchesEach;
    const share = Math.round((searchesPerSecond * costMs) / t.cores / 10);
    return {
      phases: [{ duration: 4, arrivalRate }],
      variables: { party, searchesEach, healthChecksEach: Math.round(50 / arrivalRate) },
      note: `one search for ${party} costs about ${inMs(costMs)} of CPU here: ${searchesPerSecond} searches/s are ${share} % of ${t.cores} cores, beside 50 health checks/s`,
    };
  });
});
