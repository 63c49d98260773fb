import { defineCheck } from '../harness/check.ts';
import type { Answer } from '../harness/visitor.ts';
import { inMs, mustBeBest } from './answers.ts';
import { crowdBehaviours } from './crowds.ts';
import { edgeBehaviours } from './edges.ts';
import lesson from './lesson.ts';
import { loopBehaviours } from './loop.ts';
import { poolBehaviours } from './pool.ts';
import { bestSeats, fibonacci } from './reference.ts';
import { freshHalls, largestParty, partyFor, searchCostMs, searchPath, soon } from './searches.ts';

/** Of all cores, for searches under load: two thirds are left for the rest, also on a slow machine. */
const aimedShare = 0.35;
/** Searches a second. With fewer, most health checks meet none. */
const leastPerSecond = 2;

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

  loopBehaviours(behaviour, hall);
  poolBehaviours(behaviour, hall);
  crowdBehaviours(behaviour, hall);
  edgeBehaviours(behaviour, hall);

  load((t) => {
    const budgetMs = aimedShare * t.cores * 1_000;
    const party = partyFor(budgetMs / leastPerSecond);
    const costMs = searchCostMs(party);
    const aimedPerSecond = budgetMs / costMs;
    // Few virtual users, and whole ones: Artillery keeps a core busy when more than forty a second come.
    const searchesEach = Math.ceil(aimedPerSecond / 10);
    const arrivalRate = Math.max(leastPerSecond, Math.round(aimedPerSecond / searchesEach));
    const searchesPerSecond = arrivalRate * searchesEach;
    const share = Math.round((searchesPerSecond * costMs) / t.cores / 10);
    return {
      phases: [{ duration: 6, arrivalRate }],
      variables: { party, searchesEach, healthChecksEach: Math.round(50 / arrivalRate) },
      note: `one search for ${party} costs ${inMs(costMs)} of CPU here: ${searchesPerSecond} searches/s are ${share} % of ${t.cores} cores, beside 50 health checks/s`,
    };
  });
});
