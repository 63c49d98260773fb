import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';

/** At most 60 characters, and nearly right: what makes a pattern try every way to split them. */
const explosive = [
  `${'a'.repeat(59)}!`,
  `${'a1'.repeat(29)}_`,
  `${'Ж'.repeat(59)}.`,
  `${'1'.repeat(59)}\n`,
  `${'a'.repeat(29)} ${'b'.repeat(29)}?`,
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
const searches = 40;
const atMostTimes = 3;

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
      const usual = await cost(t, app, () => ordinary, 200);
      const hostile = await cost(t, app, (n) => pathOf(explosive[n % explosive.length] as string), 400);
      t.trail.begin(`${searches} searches for “1”, and as many for hostile terms`);
      t.atMost('CPU time of a hostile search, compared with an ordinary one', hostile / usual, atMostTimes, 'times', {
        because:
          'The app gives up on the term after a while, and computes until then. Whoever sends a hundred of these has all of its time.',
        lookAt: 'what works on the term until somebody stops it, and can it be written so that it needs no stopping?',
      });
      const long = (n: number) => longTerms[n % longTerms.length] as string;
      // To read so long a query costs something by itself. Here it is in a parameter that nobody knows.
      const usualLong = await cost(t, app, (n) => pathOf('1', long(n)), [200, 400]);
      const hostileLong = await cost(t, app, (n) => pathOf(long(n)), 400);
      t.trail.begin(
        `${searches} searches for terms of 12,000 characters, and as many for “1” with such a text beside it`,
      );
      const title = 'CPU time of a search for 12,000 characters, compared with one for “1” in a query of that length';
      t.atMost(title, hostileLong / usualLong, atMostTimes, 'times', ofTheLength);
    },
    { limitMs: 60_000 },
  );
}

function pathOf(term: string, beside?: string): string {
  const encoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `/search?q=${encoded(term)}${beside === undefined ? '' : `&about=${encoded(beside)}`}`;
}

async function cost(t: Stage, app: Instance, path: (n: number) => string, statuses: number | number[]) {
  const ask1 = async (n: number) => mustBe(t, await ask(t, app, 'GET', path(n)), statuses);
  for (let n = 0; n < 10; n++) await ask1(n);
  const before = await app.probe.cpuMs();
  for (let n = 0; n < searches; n++) await ask1(n);
  const cpu = await app.probe.cpuMs();
  t.trail.begin();
  return cpu - before;
}
