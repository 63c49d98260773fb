import {
  type CheckDefinition,
  keptConnections,
  plainRequest,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';
import {
  askShop,
  askWell,
  freshAtMostS,
  goneAfterS,
  inBrowser,
  later,
  readWell,
  require304,
  requireServed,
  staleAtLeastS,
  tagOf,
} from './steps.ts';
import { otherWritings } from './validation.ts';

/** Fewer pages than the contract lets an app forget another one for. */
const othersMade = 95;
const atOnce = 8;
const replaced = 'The headers of a 304 replace those of the copy.';

/** The answer to a cache that asks whether its copy is still right costs little, and makes the copy as good as new. */
export function cheap304Behaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'cheap-304',
    'a 304 does not ask the supplier for the event or the list',
    {
      because: 'The whole page was made, only to find out that it was not needed. Such a 304 saves bytes, and no time.',
      lookAt:
        'how can the shop learn the version of an event without the event? The README says what the supplier offers.',
    },
    async (t) => {
      const pages = ['/events/44', '/events?city=vienna&page=1'].map((path) => ({ path, tag: '' }));
      for (const page of pages) {
        t.trail.begin();
        page.tag = tagOf(t, await askWell(t, page.path));
        // A page that was made before is not always the one that was made last.
        const inGerman = tagOf(t, await askWell(t, page.path, { 'accept-language': 'de' }));
        t.trail.retell(1, `GET ${page.path} in German`, '200');
        for (const same of [page.tag, ...otherWritings(page.tag)]) await mustBeCheap(t, page.path, same);
        // The same languages, as other browsers write them.
        for (const [stated, tag] of [
          ['de-DE,de;q=0.9,en;q=0.5', inGerman],
          ['en-GB,en;q=0.8', page.tag],
        ] as const)
          await mustBeCheap(t, page.path, tag, sameLanguage, { 'accept-language': stated });
      }
      await makeOthers(t);
      for (const { path, tag } of pages) {
        t.trail.begin(`since then ${othersMade} other events were read`);
        await mustBeCheap(t, path, tag, {
          because: `This process has made the page before, and ${othersMade} others since. It has forgotten which version belongs to this ETag, so it makes the whole page again.`,
          lookAt: 'how many pages does the app remember, and does a 304 need anything besides the version?',
        });
      }
      await failOnce(t);
      for (const { path, tag } of pages) {
        t.trail.begin('the supplier failed once, for another page, and is well again');
        await mustBeCheap(t, path, tag, {
          because:
            'This process has made the page before. Since then the supplier has failed for another page, and the shop has forgotten this one, too, so it makes the whole page again.',
          lookAt: 'what does the shop forget when the supplier fails, and what of that is no longer true?',
        });
      }
      for (const path of ['/events/45', '/events?city=&page=3']) await mustRenewTheCopy(t, path);
    },
  );
}

const sameLanguage = {
  because:
    'The shop has made this page before in this language, for somebody whose Accept-Language reads differently. Every browser writes that header in its own way.',
  lookAt: 'what does the shop keep for a 304, and is it found by the language or by the text of the header?',
};

async function mustBeCheap(
  t: Stage,
  path: string,
  tag: string,
  teaching: Partial<Teaching> = {},
  headers: { 'accept-language'?: string } = {},
): Promise<void> {
  await t.supplier.reset();
  const stated = headers['accept-language'];
  t.step(`${stated ? `Accept-Language: ${stated}, ` : ''}with If-None-Match: ${tag}`);
  require304(t, await askShop(t, path, { ...headers, 'if-none-match': tag }), teaching);
  await requireCheap(t, teaching);
}

async function makeOthers(t: Stage): Promise<void> {
  await t.supplier.setLatency(0);
  const paths = Array.from({ length: othersMade }, (_, n) => `/events/${301 + n}`);
  const connections = keptConnections(atOnce);
  const { url } = t.app();
  // An app that fails at them fails at what comes next.
  await Promise.all(paths.map((path) => plainRequest(url + path, { agent: connections }).catch(() => {})));
  connections.destroy();
  await t.supplier.setLatency(10);
}

/** What was made before is as true as it was. */
async function failOnce(t: Stage): Promise<void> {
  await t.supplier.fail({ how: 503 });
  (await askShop(t, '/events/46')).is(502, 503, 504); // Which of them is judged elsewhere.
  await t.supplier.heal();
}

/** When the copy may no longer be used, the CDN asks itself. */
async function mustRenewTheCopy(t: Stage, path: string): Promise<void> {
  t.trail.begin();
  const { answer: first } = await readWell(t, path);
  await t.supplier.reset();
  later(t, goneAfterS);
  requireServed(t, (await readWell(t, path)).cdn, ['revalidated'], {
    because: 'The CDN asked for the whole answer, although it has a copy that is still right.',
    lookAt: 'what does the shop answer to the ETag that it gave to the CDN?',
  });
  await requireCheap(t);
  const { cdn } = await readWell(t, path);
  requireServed(t, cdn, ['hit'], {
    because: `${replaced} This Cache-Control differs from the one of the 200.`,
    lookAt: 'which Cache-Control does a 304 have?',
  });
  const ttlS = cdn.ttlS ?? 0;
  t.require(ttlS <= freshAtMostS, {
    expected: `fresh for ${freshAtMostS} s at most, also after a 304`,
    seen: `${ttlS} s`,
    because: `${replaced} This one gives it a longer lifetime than the 200 did.`,
    lookAt: 'which Cache-Control does a 304 have?',
  });
  later(t, ttlS + staleAtLeastS - 5);
  requireServed(t, (await readWell(t, path)).cdn, ['stale'], {
    because: `${replaced} After this one, the copy may not be used any more while the CDN fetches the next one, and visitors wait for the shop.`,
    lookAt: 'what does the Cache-Control of the 200 say that the one of the 304 does not?',
  });
  await t.cdn.settled();
  const headers = { 'if-none-match': tagOf(t, first) };
  t.step(`a browser, with If-None-Match: ${headers['if-none-match']}`);
  const unchanged = await askShop(t, path, headers);
  require304(t, unchanged);
  const { lifetimeS } = inBrowser({ status: 200, headers: { ...first.headers, ...unchanged.headers } });
  t.require(lifetimeS <= freshAtMostS, {
    expected: `fresh for ${freshAtMostS} s at most, also after a 304`,
    seen: `${Math.round(lifetimeS)} s`,
    because: `${replaced} With this one a browser does not ask again for that long.`,
    lookAt: 'which Cache-Control does a 304 have?',
  });
}

async function requireCheap(t: Stage, teaching: Partial<Teaching> = {}): Promise<void> {
  const { 'HEAD /events': lists, 'HEAD /events/:id': events, ...others } = await t.supplier.calls();
  const made = Object.entries(others).filter(([, count]) => count > 0);
  t.require(made.length === 0, {
    expected: 'no call to the supplier except for the version',
    seen: made.map(([route, count]) => `${count} × ${route}`).join(', '),
    ...teaching,
  });
  t.require(lists + events <= 1, {
    expected: 'one call for the version at most',
    seen: `${lists + events} calls`,
    because: 'One version is enough to decide.',
  });
}
