import { type CheckDefinition, cdnVerdictInWords, excerpt, type Stage } from '../harness/sdk/index.ts';
import {
  askShop,
  askWell,
  goneAfterS,
  inBrowser,
  later,
  mustBe,
  read,
  readWell,
  requireServed,
  tagOf,
  whileHeld,
} from './steps.ts';

const yearS = 31_536_000;

/** What an address stands for, in each language. */
export function representationBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'languages',
    'everybody gets the page in their own language, also from a copy',
    {
      because:
        'The page depends on Accept-Language, and the answer does not say so. The CDN gives everybody the language of the first visitor.',
      lookAt: 'how does a cache learn which request headers an answer depends on?',
    },
    async (t) => {
      for (const path of ['/events/77', '/events?city=madrid&page=1']) {
        t.trail.begin();
        const whens = new Set<string>();
        // Who states none comes first: a monitor, or a visitor's script.
        for (const stated of [undefined, 'de', 'fr', 'en', 'de', undefined]) {
          const language = stated ?? 'en';
          t.step(stated ? `Accept-Language: ${stated}` : 'no Accept-Language');
          const { answer } = await readWell(t, path, stated ? { 'accept-language': stated } : {});
          const when = answer.json?.when ?? answer.json?.events?.[0]?.when;
          t.require(answer.json?.language === language, {
            expected: `language "${language}"`,
            seen: `language "${answer.json?.language}"`,
          });
          whens.add(String(when));
        }
        t.require(whens.size === 3, { expected: 'a date in three languages', seen: [...whens].join(', ') });
        t.trail.begin();
        t.step('Accept-Language: en');
        const { etag } = (await askWell(t, path, { 'accept-language': 'en' })).headers;
        if (!etag) continue;
        t.step(`Accept-Language: de, If-None-Match: ${etag}`);
        mustBe(await askShop(t, path, { 'accept-language': 'de', 'if-none-match': etag }), 200, {
          because:
            'Two languages have the same ETag. A visitor who has the English page and asks for the German one is told to keep the English one.',
          lookAt: 'what does the answer depend on besides the version?',
        });
      }
      await mustNotShareACall(t);
      await mustReadPreferences(t);
    },
  );
}

/** Visitors with different languages ask at the same time. */
async function mustNotShareACall(t: Stage): Promise<void> {
  for (const path of ['/events/78', '/events?city=athens&page=2']) {
    t.trail.begin(`GET ${path} in three languages at the same time`);
    const languages = ['fr', 'de', 'en'];
    const answers = await whileHeld(t, () =>
      languages.map(async (language) => (await readWell(t, path, { 'accept-language': language })).answer),
    );
    t.trail.retell(1);
    const seen = answers.map(({ json }) => json?.language);
    t.require(seen.join() === languages.join(), {
      expected: languages.join(', '),
      seen: seen.join(', '),
      because:
        'Visitors who asked at the same time got one answer, in the language of the first of them. The CDN keeps it for the others.',
      lookAt: 'by which key does a request find the call of another one, and is the language in it?',
    });
  }
}

/** Accept-Language as browsers send it. */
async function mustReadPreferences(t: Stage): Promise<void> {
  for (const [header, language] of [
    ['de-AT,de;q=0.9,en;q=0.5', 'de'],
    ['en;q=0.2,fr;q=0.8', 'fr'],
    ['it,es;q=0.5', 'en'],
    ['de;q=0,FR;q=0.3', 'fr'],
  ] as const) {
    t.trail.begin(`Accept-Language: ${header}`);
    const { answer } = await readWell(t, '/events/79', { 'accept-language': header });
    t.require(answer.json?.language === language, {
      expected: `language "${language}"`,
      seen: `language "${answer.json?.language}"`,
      because:
        'The header lists languages with their weights, 0 for one that is not wanted. This is not the language that the visitor prefers.',
      lookAt: 'how is Accept-Language read? Express has req.acceptsLanguages.',
    });
  }
}

/** What goes beyond the pages of events. */
export function furtherRepresentationBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'map',
    'a map with its version in the address is kept for a year, and only that one',
    {
      because: 'The map at this address never changes, and it is still asked for again.',
      lookAt: 'what is the longest lifetime, and what tells a browser not to ask, even on reload?',
    },
    async (t) => {
      const [event, elsewhere] = [await askWell(t, '/events/88'), await askWell(t, '/events/89')];
      const address = event.json?.map;
      t.require(typeof address === 'string' && /^\/venues\/[^/]+\/map\.svg\?v=./.test(address), {
        expected: 'an event with the address of its map',
        seen: excerpt(event.text),
      });
      t.trail.begin();
      const { answer } = await readWell(t, address);
      t.require(answer.headers['content-type']?.startsWith('image/svg+xml'), {
        expected: 'image/svg+xml',
        seen: answer.headers['content-type'] ?? 'no content type',
      });
      later(t, yearS - 86_400);
      requireServed(t, (await readWell(t, address)).cdn, ['hit']);
      const { immutable, lifetimeS } = inBrowser(answer);
      t.require(lifetimeS >= yearS - 86_400 && immutable, {
        step: 'in a browser',
        expected: 'a year, and immutable',
        seen: `${lifetimeS} s, ${immutable ? 'immutable' : 'not immutable'}`,
      });

      for (const [path, what] of [
        [address.replace(/\?.*/, ''), 'no version'],
        [address.replace(/v=.*/, 'v=0000000000'), 'a version that is not the map’s'],
        [
          address.replace(/v=.*/, /v=.*/.exec(String(elsewhere.json?.map))?.[0] ?? 'v=1'),
          'the version of another venue’s map',
        ],
      ] as const) {
        t.trail.begin();
        const teaching = {
          because: `The address has ${what} in it, so what is behind it can change. A cache that has kept this will not ask again.`,
          lookAt: 'under which condition may an answer be kept for a year?',
        };
        const { answer: other } = await read(t, path);
        mustBe(other, [200, 302, 303, 307, 404], {
          because: `The address has ${what} in it. A later map may appear there, so no answer to it is final.`,
          lookAt: 'what can the shop answer here: today’s map, a redirect to it, or a 404?',
        });
        const kept = inBrowser(other);
        t.require(!kept.immutable && kept.lifetimeS < 3_600, {
          expected: 'a lifetime of less than an hour, and not immutable',
          seen: other.headers['cache-control'] ?? `${kept.lifetimeS} s`,
          ...teaching,
        });
        later(t, goneAfterS);
        const { cdn } = await read(t, path);
        const asked = cdn.served === 'miss' || cdn.served === 'revalidated';
        t.require(asked, { expected: 'the shop to be asked first', seen: cdnVerdictInWords(cdn), ...teaching });
      }
    },
  );

  behaviour(
    'head',
    'HEAD says what GET says, without the body',
    {
      because: 'HEAD is answered by other code than GET. A cache that checks its copy with HEAD learns nothing.',
      lookAt: 'which route answers HEAD? Express uses the route of GET unless there is another one.',
    },
    async (t) => {
      const event = await askWell(t, '/events/98');
      const map = String(event.json?.map);
      const paths = [
        '/events/98',
        '/events?city=riga&page=1',
        '/events/99999',
        '/events?page=0',
        '/venues/x/map.svg',
        map,
        '/events/98?ref=radio',
        '/events/98%3Fx',
        '/events/x%2F..%2F98',
        '/events?city=riga%26page%3D2&page=1',
      ];
      const copies = ['/events/98', '/events?city=riga&page=1'];
      const tags = await Promise.all(copies.map(async (path) => tagOf(t, await askWell(t, path))));
      for (const [path, tag] of [
        ...paths.map((path) => [path, '"x"'] as const),
        ...copies.map((path, n) => [path, tags[n] ?? ''] as const),
      ]) {
        t.trail.begin(`If-None-Match: ${tag}`);
        // For both: the client sends a default with GET only, and the app may compress.
        const headers = { 'accept-encoding': 'identity', 'if-none-match': tag };
        const get = await askShop(t, path, headers);
        const head = await t.visitor().send('HEAD', path, undefined, { headers });
        head.mustBe(get.status);
        t.require(head.text === '', { expected: 'no body', seen: excerpt(head.text) });
        for (const name of ['etag', 'cache-control', 'vary', 'content-type', 'content-language', 'last-modified'])
          t.require(head.headers[name] === get.headers[name], {
            expected: `${name}: ${get.headers[name] ?? 'none'}, as with GET`,
            seen: head.headers[name] ?? 'none',
          });
      }
    },
  );
}
