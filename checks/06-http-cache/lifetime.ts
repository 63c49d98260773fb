import {
  type CdnVerdict,
  type CheckDefinition,
  cdnVerdictInWords,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';
import { mustAskForWholeCities } from './cities.ts';
import {
  ada,
  freshAtLeastS,
  freshAtMostS,
  goneAfterS,
  grace,
  inBrowser,
  later,
  read,
  readWell,
  requireServed,
  staleAtLeastS,
} from './steps.ts';

/** An event that has no seats left to lose, and still changes. */
const soldOut = '29';
/** One that is over: its price may still be corrected. */
const over = '31';

/** What browsers send differently, besides their languages. */
const oneBrowser = {
  'user-agent': 'one',
  accept: 'text/html,application/json;q=0.9',
  referer: 'https://encore.example/',
  'sec-fetch-site': 'same-origin',
  'sec-ch-ua-mobile': '?0',
};
const anotherBrowser = {
  'user-agent': 'another',
  accept: '*/*',
  'sec-ch-ua-mobile': '?1',
  'save-data': 'on',
  dnt: '1',
};

/** What stands for the same page whoever asks: lists of one city and of all, one without events, and an event. */
const sharedPages = [
  ['/events?city=berlin&page=1', 'en'],
  ['/events/7', 'de'],
  ['/events', 'fr'],
  ['/events?city=atlantis', 'en'],
] as const;

/** For how long public pages come from the CDN, and what happens after that. */
export function lifetimeBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'from-the-copy',
    'the CDN gives the next visitor what one visitor has read',
    {
      because:
        'The CDN has no copy that it may use, so the shop answers the same request again. A cache keeps what it was told to keep.',
      lookAt: 'which header says that an answer is the same for everybody, and for how long?',
    },
    async (t) => {
      await mustAskForWholeCities(t);
      for (const [path, language] of sharedPages) {
        t.trail.begin();
        const first = await readWell(t, path, { ...oneBrowser, 'accept-language': language });
        const vary = first.answer.headers.vary;
        t.step('another visitor:');
        const other = { ...anotherBrowser, 'accept-language': language };
        const { answer, cdn } = await readWell(t, path, other, new Map([['seen', 'banner']]));
        requireServed(t, cdn, ['hit'], first.cdn.stored ? whyNoHit(cdn.served, vary) : {});
        t.require(answer.text === first.answer.text, {
          expected: 'the answer of the first visitor',
          seen: 'another one',
          because: 'The CDN gave this visitor something other than its copy.',
          lookAt: 'what does the answer to this page depend on?',
        });
        later(t, freshAtLeastS - 5); // Far enough from the limit for a busy machine.
        requireServed(t, (await readWell(t, path, other)).cdn, ['hit'], {
          because: `The copy may not be used for ${freshAtLeastS} s, so under load the shop is asked all the time.`,
          lookAt: 'for how long may a list be old, by the README?',
        });
      }
      for (const path of ['/events?city=berlin&page=2', '/events/8']) await mustShareWhatCustomersRead(t, path);
    },
  );

  behaviour(
    'stale-while-revalidate',
    'a stale copy is used at once, and refreshed meanwhile',
    {
      because:
        'The copy has expired, so the next visitor waits for the shop, and the shop waits for the box office. With many visitors, many of them wait.',
      lookAt: 'how does an answer allow a cache to use it a little longer, while the cache asks for the next one?',
    },
    async (t) => {
      await t.supplier.change(soldOut, { seatsLeft: 0 });
      await t.supplier.change(over, { date: '2024-02-29' });
      for (const [path, id] of [
        ['/events?city=oslo&page=1', '2'],
        ['/events/22', '22'],
        [`/events/${soldOut}`, soldOut],
        [`/events/${over}`, over],
      ] as const) {
        t.trail.begin();
        const { answer: before, cdn: first } = await readWell(t, path);
        const ttlS = first.stored ? (first.ttlS ?? 0) : 0;
        t.require(ttlS <= freshAtMostS, {
          expected: `fresh for ${freshAtMostS} s at most`,
          seen: `${ttlS} s`,
          because:
            'The CDN does not ask for that long, and everybody sees what was true then. Nothing can call a copy back from all the places that have it.',
          lookAt: 'for how long may a list be old, by the README?',
        });
        const { lifetimeS, guessed } = inBrowser(before);
        t.require(lifetimeS <= freshAtMostS, {
          step: 'in a browser',
          expected: `fresh for ${freshAtMostS} s at most`,
          seen: `${Math.round(lifetimeS)} s`,
          because: guessed
            ? 'The answer does not say for how long a browser may use its copy, so the browser guesses from Last-Modified: a tenth of the age.'
            : 'Browsers have copies, too. A returning visitor sees the old page, whatever has happened at the shop.',
          lookAt: 'which directive is for shared caches only, and which is for all caches?',
        });
        await t.supplier.change(id, { title: `Sold out ${id}` });
        later(t, ttlS + staleAtLeastS - 5);
        const old = await readWell(t, path);
        requireServed(t, old.cdn, ['stale']);
        t.require(old.answer.text === before.text, { expected: 'the old copy', seen: 'another answer' });
        await t.cdn.settled();
        t.step('when the CDN has asked the shop:');
        const { answer, cdn } = await readWell(t, path);
        requireServed(t, cdn, ['hit', 'stale'], { because: 'The answer to the CDN’s own question was not kept.' });
        t.require(answer.text.includes(`Sold out ${id}`), {
          expected: `the new title of event ${id}`,
          seen: 'the old one',
          ...(cdn.served === 'stale'
            ? {
                because: 'The CDN asked whether its copy is still right, and got an error or nothing at all.',
                lookAt: 'what does the app print when somebody asks with If-None-Match?',
              }
            : {
                because:
                  'The CDN asked whether its copy is still right, and the shop said yes, although the event has changed.',
                lookAt: 'what decides that an answer is a 304?',
              }),
        });
        later(t, goneAfterS);
        const gone = (await read(t, path)).cdn;
        t.require(gone.served === 'revalidated' || gone.served === 'miss', {
          expected: 'the shop to be asked first',
          seen: cdnVerdictInWords(gone),
          because:
            'A copy that nobody has read for more than an hour is used without asking. The price on it may have changed twice.',
          lookAt: 'how long after its lifetime may a copy be used?',
        });
      }
    },
  );
}

/** Two customers who are logged in, one after the other. The page is as public as ever. */
async function mustShareWhatCustomersRead(t: Stage, path: string): Promise<void> {
  t.trail.begin();
  t.step('ada, who is logged in:');
  const visited = ['visit', 'radio.before'] as const;
  const first = await readWell(t, path, oneBrowser, new Map([...ada, visited]));
  t.step('grace, who is logged in, too:');
  const { answer, cdn } = await readWell(t, path, anotherBrowser, grace);
  requireServed(
    t,
    cdn,
    ['hit'],
    first.cdn.stored
      ? whyNoHit(cdn.served, first.answer.headers.vary)
      : {
          because:
            'The page is the same for everybody, and the CDN was told not to keep it because of a cookie in the request. Most visitors of a shop have one.',
          lookAt:
            'which cookies change this page, and which of them does the shop look at before it sets Cache-Control?',
        },
  );
  t.require(answer.text === first.answer.text, { expected: 'the answer to ada', seen: 'another one' });
}

/** Why a kept copy was not given to the next visitor as it is. */
function whyNoHit(served: CdnVerdict['served'], vary: string | undefined): Partial<Teaching> {
  if (served === 'miss')
    return {
      because: `The answer has Vary: ${vary}. So a copy is only for visitors who send the same values of those headers, and these two differ in their cookies and their browser.`,
      lookAt: 'which request headers does the page depend on?',
    };
  return {
    because:
      served === 'stale'
        ? 'The copy is stale from the start, so each visitor makes the CDN ask the shop again.'
        : 'The CDN has a copy, and asks the shop before it uses it. An ETag says how to ask, but not for how long asking is not needed.',
    lookAt: 'which directive says for how long a copy may be used without asking?',
  };
}
