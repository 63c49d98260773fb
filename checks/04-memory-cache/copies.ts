import { type Answer, type CheckDefinition, excerpt, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { hangUpIsNobodyElses } from './hang-up.ts';
import { ada, grace, inCalls, linus, read, readAgainForNothing, readTogether } from './steps.ts';

/** What each reader gets, also when several wait for one answer. */
export function copyBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'viewer',
    'what a handler adds for one customer (viewer) never shows up in another’s answer',
    {
      because:
        'The cache gave the handler the object that it keeps. What the handler added is now in the cache, for everybody.',
      lookAt: 'does a reader get a copy, or the object that is kept? And readers who wait for one answer together?',
    },
    async (t) => {
      const readers = [
        ['ada', ada],
        ['grace', grace],
        [undefined, {}],
      ] as const;
      for (const path of ['/events/304', '/events?city=vienna&page=1']) {
        t.trail.begin('ada, grace and somebody without a login read at the same time:');
        // In order, so that the customer without a login is answered last. The first one would not show the fault.
        const customers = readers.map(([, headers]) => headers);
        const answers = await readTogether(t, path, customers, { inOrder: true });
        for (const [index, [who]] of readers.entries()) requireViewer(answers[index], who);
        t.trail.begin('and one after the other:');
        for (const [who, headers] of readers) requireViewer(await read(t.visitor(), path, headers), who);
        await mustNotConfirmAnothers(t, path);
      }
      t.trail.begin('grace changes a price, and then they read again:');
      requireViewer(
        (await t.visitor().put('/events/304', { priceCents: 2_100 }, { headers: grace })).mustBe(200),
        'grace',
      );
      for (const [who, headers] of readers.toReversed()) {
        requireViewer(await read(t.visitor(), '/events/304', headers), who, {
          because: 'The answer to the write was kept, and it is the object to which the handler added the viewer.',
          lookAt: 'what is put into the cache after a write, and what else holds the same object?',
        });
      }
      t.trail.begin('grace changes the price of event 4, which is in a list that has been read:');
      (await t.visitor().put('/events/4', { priceCents: 2_100 }, { headers: grace })).mustBe(200);
      const list = await read(t.visitor(), '/events?city=vienna&page=1');
      const marked = list.json?.events?.find?.((event: Record<string, unknown>) => 'viewer' in event);
      t.require(!marked, {
        expected: 'a list of events, none of which has a viewer',
        seen: `event ${marked?.id} with viewer "${marked?.viewer}"`,
        because: 'An event in the list is the object that was made for one customer, with the name of that customer.',
        lookAt: 'what is a list made of, and who else holds these objects?',
      });

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
    { further: true },
  );

  behaviour(
    'falsy-kept',
    'empty results are kept, too',
    {
      because:
        '“Nothing” was mistaken for a miss. Null and empty lists are answers like any other, and a test such as if (kept) throws them away.',
      lookAt: 'how does the app distinguish an entry that is null or empty from a missing entry?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      for (const [path, headers, what, teaching] of [
        ['/events?city=atlantis&page=1', {}, 'events'],
        ['/me/offers', linus, 'offers'],
        [`/events?city=${'x'.repeat(1_000)}&page=1`, {}, 'events', longNames],
      ] as const) {
        t.trail.begin();
        const first = await read(t.visitor(), path, headers);
        t.require(Array.isArray(first.json?.[what]) && first.json[what].length === 0, {
          expected: `an empty list of ${what}`,
          seen: excerpt(first.text),
          because: 'There are none, and the shop says something else.',
          lookAt: 'what determines this answer, and what is in its key?',
        });
        await readAgainForNothing(t, first, path, headers, teaching);
      }
    },
    { further: true },
  );

  behaviour(
    'coalesced',
    'ten cold reads at once ask the supplier once',
    {
      because:
        'There is no entry until the supplier has answered. Everybody who comes before that asks, too: a cache stampede, each time a popular entry expires.',
      lookAt: 'what does the second reader find while the first one is still waiting?',
    },
    async (t) => {
      for (const [path, headers] of [
        ['/events/315', {}],
        ['/events?city=dublin&page=2', {}],
        ['/me/offers', ada],
      ] as const) {
        t.trail.begin(`ten times GET ${path} at once, not read before`);
        await t.supplier.reset();
        const answers = await readTogether(t, path, Array(10).fill(headers));
        t.trail.retell(1);
        // Those without a token are ours.
        const theirs = (await t.supplier.heard()).filter(
          ({ route, headers: { authorization } }) => route !== 'GET /offers' || authorization === ada.authorization,
        );
        const calls = theirs.length;
        t.require(calls <= 1, { expected: '1 call to the supplier', seen: inCalls(calls) });
        t.require(new Set(answers.map(({ text }) => text)).size === 1, {
          expected: 'ten equal answers',
          seen: 'answers that differ',
        });
      }
      for (const [path, headers] of [
        ['/events/316', {}],
        ['/events?city=vienna&page=2', {}],
        ['/me/offers', grace],
      ] as const)
        await hangUpIsNobodyElses(t, path, headers);
    },
    { further: true },
  );
}

/** Two customers use the same browser. It has ada's answer, and asks for grace whether that is still right. */
async function mustNotConfirmAnothers(t: Stage, path: string): Promise<void> {
  t.trail.begin('ada reads:');
  const { etag, 'last-modified': lastModified } = (await read(t.visitor(), path, ada)).headers;
  const asks: [string, string | undefined][] = [
    ['if-none-match', etag],
    ['if-modified-since', lastModified],
  ];
  for (const [name, value] of asks) {
    if (!value) continue;
    t.step(`grace asks, with ${name}: ${value}, from ada’s answer`);
    const answer = await t.visitor().get(path, { headers: { ...grace, [name]: value } });
    answer.mustBe(200, {
      because:
        'The shop says that ada’s answer is still right, and grace asked. A browser that both have used shows grace the answer with the name of ada.',
      lookAt: 'from what are ETag and Last-Modified made: from what is kept, or from what is sent to this customer?',
    });
  }
}

const longNames = {
  because:
    'Short names are kept, and long ones are not. Whoever invents long ones reaches the supplier with each request.',
  lookAt: 'which questions go past the cache?',
};
