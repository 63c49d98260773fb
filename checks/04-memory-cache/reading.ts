import { type Answer, type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import { manyAtOnce } from './many-at-once.ts';
import { ada, callsDuring, eventIn, grace, inCalls, linus, read, readAgainForNothing, readTogether } from './steps.ts';

const nameAlone =
  'The key is made of the name in the token, which anybody can write. Only the whole token proves who is asking.';
const alikeToken =
  'Two different tokens share an entry. The supplier knows only one of them, and the cache took the other for it.';
const inventedTokens = [
  ['Bearer ada.000000', nameAlone],
  ['Bearer ada', nameAlone],
  ['Bearer ADA.9f31c7', alikeToken],
  ['Bearer ada.9F31C7', alikeToken],
  ['Bearer ada.9f31c70', alikeToken],
] as const;
/** Event 7, if a program takes an id for a number, or one form of a letter for another. The supplier has none of them. */
const almostSeven = ['07', '7.0', '%207', '+7', '7e0', '0x7', encodeURIComponent('\uff17')];

const longest = 1_000;

/** Two names that are the same but for one letter. Of most of the other letters, there are more bytes than characters. */
function longNames(where: 'beginning' | 'middle' | 'end'): string[] {
  const before = { beginning: 0, middle: longest / 2, end: longest - 1 }[where];
  const others = { beginning: 'x', middle: 'ü', end: '京' }[where];
  return ['a', 'b'].map((letter) => others.repeat(before) + letter + others.repeat(longest - 1 - before));
}

/** Of an event or a list that has been read. A customer who has never asked for it has no entry of their own yet. */
async function sameForOthers(t: Stage, path: string): Promise<void> {
  for (const [who, headers] of [
    ['ada', ada],
    ['grace', grace],
  ] as const) {
    let answer: Answer | undefined;
    const calls = await callsDuring(t, async () => {
      answer = await read(t.visitor(), path, headers);
    });
    const viewer = answer?.json?.viewer;
    t.require(calls === 0 && viewer === who, {
      step: `GET ${path} by ${who}`,
      expected: `viewer "${who}", and no call to the supplier`,
      seen: `${viewer === undefined ? 'no viewer' : `viewer "${viewer}"`}, and ${inCalls(calls)}`,
      because:
        'Events and lists are the same for every customer. Only the viewer differs, and for that the shop has to ask nobody.',
      lookAt: 'is the customer in the key of an event or a list, and when is the viewer added?',
    });
    t.trail.dropLast();
  }
}

const reload = {
  because:
    'The request asks for a fresh answer, as a browser does when it reloads a page, and the app went past its cache. With that anybody can send each read to the supplier.',
  lookAt: 'which headers of a request decide whether the supplier is asked?',
};

/** What was read is read again, with the headers of a reload. */
async function reloadsAskNobody(t: Stage): Promise<void> {
  for (const [path, headers] of [
    ['/events/7', {}],
    ['/events?city=berlin&page=1', {}],
    ['/me/offers', ada],
  ] as const) {
    for (const [name, value] of [
      ['cache-control', 'no-cache'],
      ['cache-control', 'max-age=0'],
      ['pragma', 'no-cache'],
    ] as const) {
      t.trail.begin();
      const first = await read(t.visitor(), path, headers);
      t.step(`again, with ${name}: ${value}`);
      await readAgainForNothing(t, first, path, { ...headers, [name]: value }, reload);
    }
  }
}

/** Which question an entry answers, and for whom. */
export function readingBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'second-read',
    'a second read asks the supplier nothing',
    {
      because: 'Every request goes to the supplier, although the supplier gave the same answer a moment ago.',
      lookAt: 'what happens between the route and src/supplier.ts when the same thing is read twice?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const visitor = t.visitor();
      const event = await read(visitor, '/events/7');
      t.require(event.json?.id === '7', { expected: 'event 7', seen: excerpt(event.text) });
      await readAgainForNothing(t, event, '/events/7');
      await sameForOthers(t, '/events/7');
      const list = await read(visitor, '/events?city=berlin&page=1');
      t.require(eventIn(list, '1'), { expected: 'a list with event 1, which is in berlin', seen: excerpt(list.text) });
      await readAgainForNothing(t, list, '/events?city=berlin&page=1');
      await sameForOthers(t, '/events?city=berlin&page=1');
      const offers = await read(visitor, '/me/offers', ada);
      t.require(offers.json?.offers?.length === 2, { expected: 'the two offers of ada', seen: excerpt(offers.text) });
      await readAgainForNothing(t, offers, '/me/offers', ada);
      await reloadsAskNobody(t);
    },
  );

  behaviour(
    'private-offers',
    'two customers never see each other’s offers',
    {
      because:
        'The answer was kept, or waited for, under its method and URL, which are the same for every customer. The next customer gets the offers of the first.',
      lookAt: 'which parts of a request determine the answer, and which of them are in the key?',
    },
    async (t) => {
      t.step('grace and linus ask at the same time, for the first time:');
      const [graces, linuses] = await readTogether(t, '/me/offers', [grace, linus], { inOrder: true });
      requireOffers('grace', graces, 'g-1');
      requireOffers('linus', linuses, '');
      for (const [who, headers, own] of [
        ['ada', ada, 'a-1,a-2'],
        ['grace', grace, 'g-1'],
      ] as const) {
        t.step(`${who} asks:`);
        requireOffers(who, await read(t.visitor(), '/me/offers', headers), own);
      }
      t.step('somebody without a login asks:');
      (await t.visitor().get('/me/offers')).mustBe(401);
      for (const [invented, because] of inventedTokens) {
        t.step(`somebody invents the token "${invented}":`);
        (await t.visitor().get('/me/offers', { headers: { authorization: invented } })).mustBe([401, 403], {
          because,
          lookAt: 'who checks the token when the answer comes from the cache?',
        });
      }

      function requireOffers(who: string, answer: Answer | undefined, own: string): void {
        const seen = answer?.json?.offers?.map?.((offer: { id?: string }) => offer?.id).join();
        const expected = `the offers of ${who}: ${own || 'none'}`;
        t.require(seen === own, { expected, seen: excerpt(answer?.text ?? '') });
      }
    },
  );

  behaviour(
    'own-entries',
    'each question has its own entry, whatever the order of its parameters',
    {
      because:
        'The key is the URL as it was typed. The same question with its parameters in another order, or with a default written out, gets another entry.',
      lookAt: 'is the key made of the URL, or of the values that determine the answer?',
    },
    async (t) => {
      const mixedUp = {
        because: 'Two different questions share one entry, so one of them gets the answer to the other.',
        lookAt: 'which values determine the answer, and could two different sets of them make the same key?',
      };
      await t.supplier.setLatency(0);
      const visitor = t.visitor();
      const first = await read(visitor, '/events?city=oslo&page=1');
      for (const [query, city, page] of [
        ['city=oslo&page=2', 'oslo', 2],
        ['city=lisbon&page=1', 'lisbon', 1],
        ['page=1', '', 1],
      ] as const) {
        const { json, text } = await read(visitor, `/events?${query}`);
        const right = json?.city === city && json?.page === page && json?.events?.length === 10;
        t.require(right, { expected: `page ${page} of ${city || 'all cities'}`, seen: excerpt(text), ...mixedUp });
      }
      // Nobody has these cities. Put together without a separator, or without encoding, their keys run together.
      for (const [query, city, page] of [
        ['city=hall&page=11', 'hall', 11],
        ['city=hall1&page=1', 'hall1', 1],
        ['city=OSLO&page=1', 'OSLO', 1],
        ['city=oslo%26page%3D2&page=1', 'oslo&page=2', 1],
        ['city=constructor&page=1', 'constructor', 1],
        ['city=__proto__&page=1', '__proto__', 1],
        ['city=oslo%20&page=1', 'oslo ', 1],
        ['city=orl%C3%A9ans&page=1', 'orl\u00e9ans', 1],
        ['city=orle%CC%81ans&page=1', 'orle\u0301ans', 1],
        ['city=%EF%BD%8Fslo&page=1', '\uff4fslo', 1], // Of Japanese text, twice as wide.
      ] as const) {
        const { json, text } = await read(visitor, `/events?${query}`);
        const right = json?.city === city && json?.page === page && json?.events?.length === 0;
        t.require(right, { expected: `no events, for page ${page} of “${city}”`, seen: excerpt(text), ...mixedUp });
      }
      for (const where of ['beginning', 'middle', 'end'] as const) {
        t.trail.begin(`two cities with names of ${longest} characters that differ at the ${where} only`);
        for (const city of longNames(where)) {
          const trailLength = t.trail.length;
          const { json } = await read(visitor, `/events?city=${encodeURIComponent(city)}&page=1`);
          t.trail.retell(trailLength);
          t.require(json?.city === city, {
            expected: 'each gets the list of its own city',
            seen: 'one gets the list of the other',
            because:
              'Two different questions share one entry: the names are too long for the key, and what is left of them is the same.',
            lookAt: 'is the whole name in the key, or a part of it?',
          });
        }
      }
      t.trail.begin();
      await read(visitor, '/events?city=berlin&page=1');
      for (const id of ['berlin:1', 'berlin-1', 'berlin_1', 'berlin1', 'berlin%261', 'berlin'])
        (await visitor.get(`/events/${id}`)).mustBe(404, mixedUp);
      t.trail.begin();
      await read(visitor, '/events/7');
      for (const id of almostSeven) (await visitor.get(`/events/${id}`)).mustBe(404, mixedUp);
      t.trail.begin('two lists and two events, all four asked for at once');
      const together = ['/events?city=dublin&page=4', '/events?city=riga&page=4', '/events/328', '/events/329'];
      const [dublin, riga, ...events] = await readTogether(t, together, [{}, {}, {}, {}], { inOrder: true });
      const cities = [dublin, riga].map((list) => list?.json?.city);
      const ids = events.map((event) => event.json?.id);
      t.require(cities.join() === 'dublin,riga' && ids.join() === '328,329', {
        expected: 'dublin, riga, event 328 and event 329',
        seen: `${cities.join(', ')}, event ${ids.join(' and event ')}`,
        because: 'A reader waited for the answer to another question.',
        lookAt: 'by which key does a reader find the call that it waits for?',
      });
      await manyAtOnce(t);
      t.trail.begin('GET /events?city=oslo&page=1', '200');
      await readAgainForNothing(t, first, '/events?page=1&city=oslo');
      await readAgainForNothing(t, first, '/events?city=oslo');
      t.trail.begin();
      const all = await read(visitor, '/events');
      for (const query of ['page=1', 'city=', 'page=1&city=']) await readAgainForNothing(t, all, `/events?${query}`);
    },
  );
}
