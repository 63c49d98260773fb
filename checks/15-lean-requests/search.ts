import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';

/** Twenty-nine of them, with something in between. */
function words(word: string, between: string): string {
  return Array.from({ length: 29 }, () => word).join(between);
}

/** At most 60 characters, and nearly right: what makes a pattern try every way to split them. */
const explosive = [
  `${'a'.repeat(59)}!`,
  `${'a1'.repeat(29)}_`,
  `${'Ж'.repeat(59)}.`,
  `${'1'.repeat(59)}\n`,
  `${'a'.repeat(29)} ${'b'.repeat(29)}?`,
  // Short words of each kind: a pattern may know one of them in two ways.
  `${words('1', ' ')}!`,
  `${words('a', '-')}!`,
  `${words('Ж', ' ')}!`,
  `${words('٣', '-')}!`,
];
const others = [`${'a '.repeat(29)}!`, `${'a-'.repeat(29)}-`, `!${'a'.repeat(59)}`];
/** Above 60 characters: these are refused for their length, if that is looked at first. */
const longTerms = [
  `${'a'.repeat(12_000)}!`,
  `${'a '.repeat(6_000)}!`,
  `${' '.repeat(12_000)}x`,
  'a-'.repeat(6_000),
  // A pattern for the separators at the end begins anew at each of these.
  `a${' '.repeat(12_000)}a`,
  `a${'-'.repeat(12_000)}a`,
  `a${' '.repeat(12_000)}!`,
  `a${'1'.repeat(12_000)}a`,
];
const ofTheLength: Teaching = {
  because:
    'The app works on a term of 12,000 characters before it refuses it. Where a pattern begins anew at each of them, twice the length takes four times as long, and a few such requests take all of the process.',
  lookAt:
    'what works on the term before its length is looked at, and how often does a pattern like / +$/ begin anew in 12,000 spaces with a letter behind them?',
};

/** It lists 78 shows, which costs more than it takes to refuse any term. */
const ordinary = '/search?q=1';
/** Of each kind in a round. */
const searches = 40;
const rounds = 5;
const warmUp = 40;
const atMostTimes = 3;
const hopeless = 2;

export function searchBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'search',
    'no search term costs more than an ordinary search',
    {
      because:
        'The pattern tries every way to split the term, and each further letter doubles them. Meanwhile this process answers nobody, and one such request in a minute keeps the whole shop away.',
      lookAt: 'in how many ways can the pattern match “aaaa”, and what does it do when the end does not match?',
    },
    async (t) => {
      // One of its own: it may never come back.
      const app = await t.startExtra();
      for (const term of [...explosive, ...others, ...longTerms]) {
        t.trail.begin();
        const reply = await ask(t, app, 'GET', pathOf(term), { deadlineMs: 4_000 });
        const teaching = longTerms.includes(term) ? ofTheLength : {};
        t.require(reply.broke !== 'late', { expected: '400', seen: 'no answer within 4 s', ...teaching });
        mustBe(t, reply, 400);
      }
      const ofTerms = await compare(t, app, {
        usual: () => ordinary,
        hostile: (n) => pathOf(explosive[n % explosive.length] as string),
      });
      t.trail.begin('searches for “1”, and as many for hostile terms');
      t.atMost('CPU time of a hostile search, compared with an ordinary one', ofTerms, atMostTimes, 'times', {
        because:
          'The app gives up on the term after a while, and computes until then. Whoever sends a hundred of these has all of its time.',
        lookAt: 'what works on the term until somebody stops it, and can it be written so that it needs no stopping?',
      });
      const long = (n: number) => longTerms[n % longTerms.length] as string;
      // To read so long a query costs something by itself. Here it is in a parameter that nobody knows.
      const ofLength = await compare(t, app, {
        usual: (n) => pathOf('1', long(n)),
        usualStatuses: [200, 400],
        hostile: (n) => pathOf(long(n)),
      });
      t.trail.begin('searches for terms of 12,000 characters, and as many for “1” with such a text beside it');
      const title = 'CPU time of a search for 12,000 characters, compared with one for “1” in a query of that length';
      t.atMost(title, ofLength, atMostTimes, 'times', ofTheLength);
    },
    { limitMs: 60_000 },
  );
}

function pathOf(term: string, beside?: string): string {
  const encoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `/search?q=${encoded(term)}${beside === undefined ? '' : `&about=${encoded(beside)}`}`;
}

interface Searches {
  usual(n: number): string;
  usualStatuses?: number | number[];
  hostile(n: number): string;
}

/**
 * The CPU time of hostile searches by that of as many usual ones. In turns, and after both are warm: one that is refused takes a
 * fraction of a millisecond, so that a collection or a compilation weighs as much as some of them.
 */
async function compare(t: Stage, app: Instance, { usual, usualStatuses = 200, hostile }: Searches): Promise<number> {
  const ask1 = async (path: string, statuses: number | number[]) => mustBe(t, await ask(t, app, 'GET', path), statuses);
  const cost = async (path: (n: number) => string, statuses: number | number[]) => {
    const before = await app.probe.cpuMs();
    for (let n = 0; n < searches; n++) await ask1(path(n), statuses);
    t.trail.begin();
    return (await app.probe.cpuMs()) - before;
  };
  for (let n = 0; n < warmUp; n++) {
    await ask1(usual(n), usualStatuses);
    await ask1(hostile(n), 400);
  }
  const sum = { usual: 0, hostile: 0 };
  for (let round = 0; round < rounds; round++) {
    sum.usual += await cost(usual, usualStatuses);
    sum.hostile += await cost(hostile, 400);
    if (sum.hostile > hopeless * atMostTimes * sum.usual) break; // No more rounds make that right.
  }
  return sum.hostile / sum.usual;
}
