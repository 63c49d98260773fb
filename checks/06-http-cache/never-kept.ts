import { type Answer, type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import {
  ada,
  askShop,
  grace,
  invented,
  mayBeShared,
  mustBe,
  read,
  readWell,
  requireServed,
  shopOnly,
  whileHeld,
} from './steps.ts';

/** What no shared cache may give to another visitor. */
export function neverKeptBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'private',
    'no shared cache ever gives /me to somebody else',
    {
      because: 'The CDN keeps this page for everybody who asks for /me. A cache does not look at the cookie.',
      lookAt: 'what does the answer to /me say about who may keep it?',
    },
    async (t) => {
      for (const [who, cookies, offers] of [
        ['nobody', undefined, undefined],
        ['somebody with an invented session', invented, undefined],
        ['ada', ada, 'a-1,a-2'],
        ['grace', grace, 'g-1'],
        ['ada', ada, 'a-1,a-2'],
        ['nobody', undefined, undefined],
      ] as const) {
        t.step(cookies ? `${who} asks:` : 'somebody without a login asks:');
        const { answer, cdn } = await read(t, '/me', {}, cookies && new Map(cookies));
        if (cdn.served === 'hit' || cdn.served === 'stale') {
          t.require(false, { expected: 'an answer made for this visitor', seen: `CDN: ${cdn.served}` });
        }
        if (offers) {
          const seen = answer
            .mustBe(200)
            .json?.offers?.map?.((offer: { id?: string }) => offer?.id)
            .join();
          t.require(seen === offers, { expected: `the offers of ${who}: ${offers}`, seen: excerpt(answer.text) });
          const { byCdn, byOthers } = mayBeShared(answer);
          const { 'cache-control': control } = answer.headers;
          const because = control
            ? 'Its Cache-Control lets every shared cache keep the page of this customer.'
            : 'It does not say who may keep it. Our CDN then keeps nothing, but the next one has a default of a day.';
          t.require(!byCdn && !byOthers, {
            expected: 'an answer that a shared cache must not keep',
            seen: control ? `Cache-Control: ${control}` : 'no Cache-Control',
            because: byCdn
              ? because
              : `Only some CDNs know CDN-Cache-Control. All others go by Cache-Control. ${because}`,
          });
        } else answer.mustBe(401);
      }
      await mustNotMixUp(t);
    },
  );
}

/** Pages of partner links. */
export function partnerBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'set-cookie',
    'an answer that sets a cookie is never given from a copy',
    {
      because:
        'The CDN keeps the answer with its Set-Cookie. Everybody gets the cookie of the first visitor, and all visits count as one.',
      lookAt: 'which answers contain something that is for one visitor only?',
    },
    async (t) => {
      for (const path of ['/events/66?ref=radio', '/events?city=prague&page=1&ref=radio']) {
        t.trail.begin();
        const visits = new Set<string>();
        const before = new Map([['visit', 'radio.before']]);
        for (const cookies of [undefined, before, undefined]) {
          if (cookies) t.step('somebody who has come from there before:');
          const { answer, cdn } = await readWell(t, path, {}, cookies);
          const visit = answer.setCookies.find((line) => line.startsWith('visit='))?.split(';')[0];
          t.require(visit?.startsWith('visit=radio.'), {
            expected: 'a cookie visit=radio.…',
            seen: visit ?? 'no cookie visit',
            because: 'Visitors who follow a partner’s link are counted, and this one was not.',
            lookAt: 'does every answer to an address with ref set the cookie?',
          });
          t.require(!visits.has(visit ?? ''), { expected: 'a visit of its own', seen: `${visit}, again` });
          requireServed(t, cdn, [...shopOnly]);
          visits.add(visit ?? '');
        }
      }
      t.trail.begin();
      const { answer } = await readWell(t, '/events/66');
      t.require(answer.setCookies.length === 0, {
        expected: 'no cookie without ref',
        seen: answer.setCookies.join(', '),
        because: 'An answer with a cookie can’t be shared, and this one could be.',
      });
      await mustCountEachVisit(t);
    },
  );
}

/** Two customers and a made-up session ask at once; then one customer has the tag of the other. */
async function mustNotMixUp(t: Stage): Promise<void> {
  const mixedUp = {
    because:
      'Somebody got the answer to the request of another one: the shop takes two requests for /me as the same request.',
    lookAt: 'what decides that a request may have the answer, or the 304, of another one?',
  };
  t.trail.begin('ada, somebody with an invented session of ada’s, and grace ask at the same time:');
  const [adas, inventeds, graces] = await whileHeld(t, () =>
    [ada, invented, grace].map((cookies) => t.visitor({ cookies }).get('/me')),
  );
  for (const [who, answer, offers] of [
    ['ada', adas, 'a-1,a-2'],
    ['grace', graces, 'g-1'],
  ] as const) {
    const seen = answer?.json?.offers?.map?.((offer: { id?: string }) => offer?.id).join();
    t.require(seen === offers, {
      expected: `the offers of ${who}: ${offers}`,
      seen: excerpt(answer?.text ?? ''),
      ...mixedUp,
    });
  }
  if (inventeds) {
    mustBe(inventeds, 401, {
      because:
        'Somebody without a login got the page of ada, who asked at the same moment: the shop takes two sessions for the same one.',
      lookAt: mixedUp.lookAt,
    });
  }
  const tag = adas?.headers.etag;
  if (!tag) return;
  t.step(`grace asks with the ETag of ada’s page, ${tag}:`);
  mustBe(await t.visitor({ cookies: grace }).get('/me', { headers: { 'if-none-match': tag } }), 200, mixedUp);
}

/** Each answer has a visit of its own, also a 304 and one of several at once. */
async function mustCountEachVisit(t: Stage): Promise<void> {
  const path = '/events/67?ref=radio';
  const counted = {
    because: 'Two visitors by a partner’s link got the same visit, or one of them none.',
    lookAt: 'which answers share the work of another one, and what else do they share?',
  };
  const visits = new Set<string>();
  const note = (answer: Answer) => {
    const visit = answer.setCookies.find((line) => line.startsWith('visit=radio.'))?.split(';')[0] ?? '';
    t.require(visit && !visits.has(visit), {
      expected: 'a visit of its own',
      seen: visit ? `${visit}, again` : 'no cookie visit',
      ...counted,
    });
    visits.add(visit);
  };
  t.trail.begin(`three times GET ${path} at once`);
  for (const answer of await whileHeld(t, () => [1, 2, 3].map(() => askShop(t, path)))) note(mustBe(answer, 200));
  t.trail.begin();
  const first = await askShop(t, path);
  note(mustBe(first, 200));
  const { etag } = first.headers;
  if (!etag) return;
  t.step(`with If-None-Match: ${etag}`);
  const again = mustBe(await askShop(t, path, { 'if-none-match': etag }), [200, 304]);
  note(again);
}
