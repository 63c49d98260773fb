import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustBeOwn, mustSayWhen } from './answers.ts';
import { mustBeAFullLine, stillHealthy } from './line.ts';
import { bestSeats } from './reference.ts';
import { Crowd, largestParty, mostThreads, mostWaiting, searchCostMs, searchPath, startAnew } from './searches.ts';

const notServed = {
  because: 'Who is not served is told so, with 503: come back later. Another status says something else.',
  lookAt: 'what does the app answer when it takes no more searches?',
};

/** Some of the crowd ask for a party that nobody can seat, and as many for a hall that does not exist. */
const mistaken = [
  { path: searchPath(20, 99), status: 400 },
  { path: searchPath(401, 2), status: 404 },
];
const ofEach = 4;
const mistakeIn = ({ request }: Answer) => mistaken.find(({ path }) => request.endsWith(path));

const notLookedAt = {
  because:
    'A bad party was turned away with the crowd. 503 says: send the same request again later. It will never be right, so 400 has to come first.',
  lookAt: 'what is looked at first, how many wait or what was asked for?',
};

const noSuchHall = {
  because:
    'Hall 401 was turned away with the crowd. 503 says: send the same request again later. There will be no such hall then, so 404 has to come first.',
  lookAt: notLookedAt.lookAt,
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

/** Two hundred searches at once. The app refuses most of them before it has worked off as many as may wait. */
async function refusesTheSurplus(t: Stage, hall: () => number): Promise<void> {
  const app = t.app(1);
  // Many cores eat a crowd of small searches while it is still arriving.
  const party = t.cores > 4 ? largestParty : 2;
  const visitors = Math.max(200, 4 * (mostWaiting + mostThreads(t)));
  const enough = visitors / 2;
  const sample = Array.from({ length: 2 }, () => bestSeats(hall(), party));
  const others = Array.from({ length: visitors - sample.length }, hall);
  // The first ones become larger; what is known is the answer for the small ones.
  const halls = [...others.slice(0, t.cores), ...sample.map(({ venue }) => venue), ...others.slice(t.cores)];
  const mostCpuMs = (mostWaiting + 2 * t.cores) * searchCostMs(party);
  const cpuBefore = app.cpuMs();
  const paths = halls.map((venue) => searchPath(venue, party));
  // In the midst of those who are refused, somebody asks wrongly. A place that is freed meanwhile goes to a search beside it.
  for (let i = 0; i < ofEach * mistaken.length; i++)
    paths.splice(enough + 8 * i, 0, (mistaken[i % mistaken.length] as (typeof mistaken)[number]).path);
  // A thread that has just answered runs the first of them at once.
  for (const answer of await new Crowd(t, [searchPath(hall(), 2)]).everyAnswer()) answer.mustBe(200);
  t.trail.begin();
  const crowd = new Crowd(t, large(paths.slice(0, fit), t.cores));
  const late: Crowd[] = [];
  try {
    await mustLetIn(t, crowd);
    crowd.add(paths.slice(fit));
    // Not so many seconds but so much work: a busy machine makes the seconds longer.
    while (crowd.count(503) < enough && crowd.open > 0 && app.cpuMs() - cpuBefore < mostCpuMs) await delay(20);
    const [refused, answered, waiting] = [crowd.count(503), crowd.count(200), crowd.open];
    t.trail.begin(`${visitors} searches at once`);
    crowd.answers
      .find((answer) => !mistakeIn(answer) && answer.status !== 200 && answer.status !== 503)
      ?.mustBe([200, 503], notServed);
    t.require(refused >= enough, {
      expected: `at least ${enough} of them refused with 503 at once`,
      seen: `${refused} refused, ${answered} answered, ${waiting} still waiting`,
    });
    late.push(...(await mustBeAFullLine(t, crowd, () => searchPath(hall(), party))));
    const early = refusalsAtOnce(t, hall);
    early.catch(() => {}); // Reported below.
    const all = [...(await crowd.everyAnswer()), ...(await Promise.all(late.map((one) => one.everyAnswer()))).flat()];
    const first = await early;
    t.trail.begin(`${visitors} searches at once`);
    for (const { path, status } of mistaken) {
      const wrong = all.filter((answer) => mistakeIn(answer)?.path === path);
      const late = wrong.find((answer) => answer.status === 503);
      (late ?? wrong.find((answer) => answer.status !== status) ?? wrong[0])?.mustBe(
        status,
        status === 400 ? notLookedAt : noSuchHall,
      );
    }
    const answers = all.filter((answer) => !mistakeIn(answer));
    mustFillTheLine(t, answers);
    const lastSearch = Math.max(...answers.filter(({ status }) => status === 200).map(({ arrivedAt }) => arrivedAt));
    for (const answer of answers) {
      answer.mustBe([200, 503], notServed);
      if (answer.status === 503) mustSayWhen(t, answer, lastSearch);
      else mustBeOwn(t, answer, sample);
    }
    t.trail.begin('the same crowd, at an app that was just started and has answered no search yet');
    for (const answer of first) mustSayWhen(t, answer);
    t.trail.begin(`${visitors} searches at once`);
    const [afterwards] = await new Crowd(t, [searchPath(hall(), 2)]).everyAnswer();
    t.step('when all are answered, somebody searches');
    afterwards?.mustBe(200, {
      because: 'The crowd has gone and its places stay taken: what counts those who wait does not count down.',
      lookAt: 'what happens to the count when a search ends, in whatever way?',
    });
  } finally {
    await Promise.all([crowd, ...late].map((each) => each.leave()));
    if (crowd.count(503) < enough) await startAnew(t); // It would go on searching for nobody.
  }
}

/** As many as may wait, and one that runs. */
const fit = mostWaiting + 1;
/** After so many answers to others, all of them have been looked at. */
const tripsToReach = 4;

/** The first ones search longer, so that the last ones find the line as it is when nobody is done. */
function large(paths: readonly string[], count: number): string[] {
  return paths.map((path, i) => (i < count ? path.replace('party=2', 'party=4') : path));
}

async function mustLetIn(t: Stage, crowd: Crowd): Promise<void> {
  for (let trip = 0; trip < tripsToReach; trip++) (await t.visitor().get('/health')).mustBe(200, stillHealthy);
  t.trail.begin(`${fit} searches at once, while nobody else searches`);
  t.require(crowd.count(503) === 0, {
    expected: `none of them refused: ${mostWaiting} may wait, and at least one runs`,
    seen: `${crowd.count(503)} refused with 503`,
    because: `${tooShort} Those that run do not count among the ${mostWaiting}.`,
    lookAt: 'how many may wait before the first is refused, and which searches count?',
  });
}

const tooShort = 'The line is shorter than it may be: customers are sent away who could have been served.';

/**
 * What the first who are turned away are told by an app that has not answered anybody yet: it knows nothing of how long a
 * search takes.
 */
async function refusalsAtOnce(t: Stage, hall: () => number): Promise<Answer[]> {
  const at = await t.startExtra();
  (await t.visitor({ at }).get('/health')).mustBe(200);
  const most = mostWaiting + 2 * mostThreads(t) + 8;
  const crowd = new Crowd(
    t,
    Array.from({ length: most }, () => searchPath(hall(), largestParty)),
    { at },
  );
  while (crowd.count(503) < 3 && crowd.count(200) === 0 && crowd.open > 0) await delay(20);
  const refused = crowd.answers.filter(({ status }) => status === 503);
  await crowd.leave();
  await at.kill();
  return refused;
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
    because: tooShort,
    lookAt: 'how many may wait before the first is refused?',
  });
  t.require(served.length <= most, {
    expected: `at most ${most} of them accepted: ${mostWaiting} wait, at most ${mostThreads(t)} run, and ${doneMeanwhile} were done before the last refusal`,
    seen: `${served.length}`,
    because: 'More wait than the 32 of the contract, and each of them longer.',
    lookAt: 'how many may wait before the first is refused?',
  });
}
