import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { askShop, askWell, mustBe, readWell, whileHeld } from './steps.ts';

/** Each address stands for a page in three languages. */
export function languagesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'languages',
    'everybody gets the page in their own language, also from a copy',
    {
      because:
        'The page depends on Accept-Language, and the answer does not say so. The CDN gives everybody the language of the first visitor.',
      lookAt: 'how does a cache learn which request headers an answer depends on?',
    },
    async (t) => {
      for (const path of ['/events/77', '/events?city=madrid&page=1', '/Events/77/']) {
        t.trail.begin();
        // Whether another spelling of an address is that page is up to the app.
        if (path === '/Events/77/' && (await askShop(t, path)).status !== 200) continue;
        const tags = new Map<string, string>();
        const whens = new Set<string>();
        // Who states none comes first: a monitor, or a visitor's script.
        for (const stated of [undefined, 'de', 'fr', 'en', 'de', undefined]) {
          const language = stated ?? 'en';
          t.step(stated ? `Accept-Language: ${stated}` : 'no Accept-Language');
          const { answer } = await readWell(t, path, stated ? { 'accept-language': stated } : {});
          const when = whenIn(answer);
          t.require(answer.json?.language === language, {
            expected: `language "${language}"`,
            seen: `language "${answer.json?.language}"`,
          });
          whens.add(String(when));
          const { etag = language } = answer.headers; // That there must be one is judged elsewhere.
          const owner = tags.get(etag) ?? language;
          t.require(owner === language, {
            expected: `another ETag than that of the page in "${owner}"`,
            seen: etag,
            because:
              'Two languages have the same ETag. A visitor who has the page in one of them and asks for it in the other is told to keep it.',
            lookAt: 'what does the answer depend on besides the version?',
          });
          tags.set(etag, language);
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

/** Visitors with different languages ask at the same time. The date has to be in the same language as the rest. */
async function mustNotShareACall(t: Stage): Promise<void> {
  for (const path of ['/events/78', '/events?city=athens&page=2']) {
    t.trail.begin(`GET ${path} in three languages at the same time`);
    const languages = ['fr', 'de', 'en'];
    const answers = await whileHeld(t, () =>
      languages.map(async (language) => (await readWell(t, path, { 'accept-language': language })).answer),
    );
    t.trail.retell(1);
    const seen = answers.map(({ json }) => json?.language);
    const dates = answers.map(whenIn);
    t.require(seen.join() === languages.join(), {
      expected: languages.join(', '),
      seen: seen.join(', '),
      because:
        'Visitors who asked at the same time got one answer, in the language of the first of them. The CDN keeps it for the others.',
      lookAt: 'by which key does a request find the call of another one, and is the language in it?',
    });
    t.cdn.clear(); // What was kept of them is not what is asked for now.
    for (const [n, language] of languages.entries()) {
      t.step(`Accept-Language: ${language}, and nobody else asks`);
      const { answer } = await readWell(t, path, { 'accept-language': language });
      t.require(dates[n] === whenIn(answer), {
        expected: `the date as when everybody asked at once, “${dates[n]}”`,
        seen: `“${whenIn(answer)}”`,
        because: `The page in "${language}" had the date in another language while others asked in theirs. The language was kept where the next request changes it, and the answer of the supplier came after that.`,
        lookAt: 'where is the language kept while the shop waits for the supplier?',
      });
    }
  }
}

function whenIn({ json }: Answer): unknown {
  return json?.when ?? json?.events?.[0]?.when;
}

/** Accept-Language as browsers send it. */
async function mustReadPreferences(t: Stage): Promise<void> {
  for (const [header, language, path = '/events/79'] of [
    ['de-AT,de;q=0.9,en;q=0.5', 'de'],
    ['de-AT,de;q=0.9,en;q=0.5', 'de', '/events?city=turin&page=1'],
    ['en;q=0.2,fr;q=0.8', 'fr'],
    ['en;q=0.2, fr;q=0.8', 'fr', '/events?city=turin&page=1'],
    ['it,es;q=0.5', 'en'],
    ['de;q=0,FR;q=0.3', 'fr'],
    ['frr,de;q=0.5', 'de'], // North Frisian is not French.
  ] as const) {
    t.trail.begin(`Accept-Language: ${header}`);
    const { answer } = await readWell(t, path, { 'accept-language': header });
    t.require(answer.json?.language === language, {
      expected: `language "${language}"`,
      seen: `language "${answer.json?.language}"`,
      because:
        'The header lists languages with their weights, 0 for one that is not wanted. This is not the language that the visitor prefers.',
      lookAt: 'how is Accept-Language read? Express has req.acceptsLanguages.',
    });
  }
}
