import { type Answer, defineCheck, excerpt, type Teaching } from '../harness/sdk/index.ts';
import { keepingBehaviours } from './keeping.ts';
import lesson from './lesson.ts';
import { limitBehaviours } from './limits.ts';
import { ada, eventIn, grace, inCalls, linus, read, readAgainForNothing, readTogether } from './steps.ts';
import { supplierWatch } from './supplier-watch.ts';
import { writeBehaviours } from './writes.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  behaviour(
    'second-read',
    'a second read asks the supplier nothing',
    {
      because: 'Every request goes to the supplier, although it was told the same thing a moment ago.',
      lookAt: 'what happens between the route and src/supplier.ts when the same thing is read twice?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const visitor = t.visitor();
      const event = await read(visitor, '/events/7');
      t.require(event.json?.id === '7', { expected: 'event 7', seen: excerpt(event.text) });
      await readAgainForNothing(t, event, '/events/7');
      const list = await read(visitor, '/events?city=berlin&page=1');
      t.require(eventIn(list, '1'), { expected: 'a list with event 1, which is in berlin', seen: excerpt(list.text) });
      await readAgainForNothing(t, list, '/events?city=berlin&page=1');
      const offers = await read(visitor, '/me/offers', ada);
      t.require(offers.json?.offers?.length === 2, { expected: 'the two offers of ada', seen: excerpt(offers.text) });
      await readAgainForNothing(t, offers, '/me/offers', ada);
    },
  );

  behaviour(
    'private-offers',
    'two customers never see each other’s offers',
    {
      because:
        'The answer was kept, or waited for, under its method and URL, which are the same for every customer. Whoever asks next gets the offers of whoever asked first.',
      lookAt: 'which parts of a request decide what the answer is, and which of them are in the key?',
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
      for (const invented of ['Bearer ada.000000', 'Bearer ada']) {
        t.step(`somebody invents the token "${invented}":`);
        (await t.visitor().get('/me/offers', { headers: { authorization: invented } })).mustBe([401, 403], {
          because:
            'The key is made of the name in the token, which anybody can write. Only the whole token shows who asks.',
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
    'each query has its own entry, whatever the order of its parameters',
    {
      because:
        'The key is the URL as it was typed. The same question in another order, or with a default written out, is then another entry.',
      lookAt: 'is the key made of the URL, or of the values that decide what the answer is?',
    },
    async (t) => {
      const mixedUp = {
        because: 'Two different questions share one entry, so one of them gets the answer to the other.',
        lookAt: 'which parameters decide what is in the list, and which of them are in the key?',
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
      t.trail.splice(0, t.trail.length, 'GET /events?city=oslo&page=1\t200');
      await readAgainForNothing(t, first, '/events?page=1&city=oslo');
      await readAgainForNothing(t, first, '/events?city=oslo');
    },
  );

  behaviour(
    'viewer',
    'what a handler adds for one customer (viewer) never shows up in another’s answer',
    {
      because:
        'The cache gave the handler its own object. What the handler added to it is now in the cache, for everybody.',
      lookAt: 'does a reader get a copy, or the very object that is kept? And those who wait for one answer together?',
    },
    async (t) => {
      const readers = [
        ['ada', ada],
        ['grace', grace],
        [undefined, {}],
      ] as const;
      for (const path of ['/events/304', '/events?city=vienna&page=1']) {
        t.trail.splice(0, t.trail.length, 'ada, grace and somebody without a login read at the same time:');
        // In order, so that the one without a login is the last to be answered: the first one would show nothing.
        const customers = readers.map(([, headers]) => headers);
        const answers = await readTogether(t, path, customers, { inOrder: true });
        for (const [index, [who]] of readers.entries()) requireViewer(answers[index], who);
        t.trail.splice(0, t.trail.length, 'and one after the other:');
        for (const [who, headers] of readers) requireViewer(await read(t.visitor(), path, headers), who);
      }
      t.trail.splice(0, t.trail.length, 'grace changes a price, and then they read again:');
      (await t.visitor().put('/events/304', { priceCents: 2_100 }, { headers: grace })).mustBe(200);
      for (const [who, headers] of readers.toReversed()) {
        requireViewer(await read(t.visitor(), '/events/304', headers), who, {
          because: 'The answer to the write was kept, and it is the very object to which the handler added the viewer.',
          lookAt: 'what is put into the cache after a write, and who else holds it?',
        });
      }

      function requireViewer(
        answer: Answer | undefined,
        who: string | undefined,
        teaching: Partial<Teaching> = {},
      ): void {
        const viewer = answer?.json?.viewer;
        t.require(viewer === who, {
          step: `what ${who ?? 'the one without a login'} got`,
          expected: who ? `viewer "${who}"` : 'no viewer',
          seen: viewer === undefined ? 'no viewer' : `viewer "${viewer}"`,
          ...teaching,
        });
      }
    },
  );

  writeBehaviours(behaviour);
  keepingBehaviours(behaviour);

  behaviour(
    'falsy-kept',
    'empty results are kept, too',
    {
      because:
        '“Nothing” was taken for “not kept”: null, 0 and empty lists are answers like any other. A test such as if (kept) throws them away.',
      lookAt: 'how does the app tell an entry that is null or empty from an entry that is not there?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      for (const [path, headers, what] of [
        ['/events?city=atlantis&page=1', {}, 'events'],
        ['/me/offers', linus, 'offers'],
      ] as const) {
        t.trail.splice(0);
        const first = await read(t.visitor(), path, headers);
        t.require(Array.isArray(first.json?.[what]) && first.json[what].length === 0, {
          expected: `an empty list of ${what}`,
          seen: excerpt(first.text),
          because: 'There are none, and the shop says something else: it is the answer to another question.',
          lookAt: 'what decides this answer, and what is in its key?',
        });
        await readAgainForNothing(t, first, path, headers);
      }
    },
  );

  behaviour(
    'coalesced',
    'ten cold reads at once ask the supplier once',
    {
      because:
        'An entry is there only when the answer has come. All who ask until then ask the supplier, too: when a popular entry expires, that is everybody (a cache stampede).',
      lookAt: 'what does the second reader find while the first one is still waiting?',
    },
    async (t) => {
      for (const path of ['/events/315', '/events?city=dublin&page=2']) {
        t.trail.splice(0, t.trail.length, `ten times GET ${path} at once, not read before`);
        await t.supplier.reset();
        const answers = await readTogether(t, path, Array(10).fill({}));
        t.trail.splice(1);
        const { 'GET /offers': _ours, ...theirs } = await t.supplier.calls();
        const calls = Object.values(theirs).reduce((sum, count) => sum + count, 0);
        t.require(calls <= 1, { expected: '1 call to the supplier', seen: inCalls(calls) });
        t.require(new Set(answers.map(({ text }) => text)).size === 1, {
          expected: 'ten equal answers',
          seen: 'answers that differ',
        });
      }
    },
  );

  limitBehaviours(behaviour);

  load((t) => ({ watch: () => supplierWatch(t) }));
});
