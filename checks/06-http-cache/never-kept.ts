import { type CheckDefinition, excerpt } from '../harness/sdk/index.ts';
import { ada, grace, invented, mayBeShared, read, readWell, requireServed } from './steps.ts';

const shopOnly = ['miss', 'revalidated'] as const;

/** What no shared cache may give to anybody else. */
export function neverKeptBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'private',
    'no shared cache ever gives /me to somebody else',
    {
      because:
        'The CDN keeps this page for everybody who asks for /me. To a cache the cookie is no part of the question.',
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
            ? 'What it says lets every shared cache keep the page of this customer.'
            : 'It says nothing about who may keep it. Ours does not keep it then; the next CDN has a default of a day.';
          t.require(!byCdn && !byOthers, {
            expected: 'an answer that a shared cache must not keep',
            seen: control ? `Cache-Control: ${control}` : 'no Cache-Control',
            because: byCdn
              ? because
              : `CDN-Cache-Control is for those CDNs that know it. All others go by Cache-Control. ${because}`,
          });
        } else answer.mustBe(401);
      }
    },
  );

  behaviour(
    'errors',
    'an error is never given from a copy',
    {
      because: 'The CDN was told to keep an error. It gives it away when all is well again, to everybody.',
      lookAt: 'when is Cache-Control set: before it is known how the request ends?',
    },
    async (t) => {
      for (const path of ['/events/55', '/events?city=dublin&page=1']) {
        t.trail.splice(0);
        await t.supplier.fail({ how: 503 });
        t.step('the box office is out of order:');
        const { answer } = await read(t, path);
        t.require(answer.status >= 500 && answer.status < 600, {
          expected: '502',
          seen: String(answer.status),
          because: 'Without the box office there is nothing to show, and the answer says it is fine.',
          lookAt: 'what becomes of an error of the supplier?',
        });
        await t.supplier.heal();
        t.step('it is well again:');
        const { answer: next, cdn } = await read(t, path);
        requireServed(t, cdn, [...shopOnly]);
        next.mustBe(200, {
          because: 'The box office is well again, and the shop itself still answers with the error.',
          lookAt: 'what does the shop keep of an answer that failed?',
        });
      }
      for (const [path, status] of [
        ['/events/99999', 404],
        ['/events?page=0', 400],
        ['/venues/nowhere/map.svg?v=1', 404],
      ] as const) {
        t.trail.splice(0);
        (await read(t, path)).answer.mustBe(status);
        const { answer, cdn } = await read(t, path);
        answer.mustBe(status);
        requireServed(t, cdn, [...shopOnly]);
      }
    },
  );

  behaviour(
    'set-cookie',
    'an answer that sets a cookie is never given from a copy',
    {
      because:
        'The CDN keeps the answer with its Set-Cookie. Everybody gets the cookie of the first visitor, and all visits become one.',
      lookAt: 'which answers have something in them that is for one visitor only?',
    },
    async (t) => {
      for (const path of ['/events/66?ref=radio', '/events?city=prague&page=1&ref=radio']) {
        t.trail.splice(0);
        const visits = new Set<string>();
        for (let visitor = 1; visitor <= 3; visitor++) {
          const { answer, cdn } = await readWell(t, path);
          const visit = answer.setCookies.find((line) => line.startsWith('visit='))?.split(';')[0];
          t.require(visit?.startsWith('visit=radio.'), {
            expected: 'a cookie visit=radio.…',
            seen: visit ?? 'no cookie visit',
            because: 'Whoever comes by a partner’s link is counted, and this one was not.',
            lookAt: 'does every answer to an address with ref set the cookie?',
          });
          t.require(!visits.has(visit ?? ''), { expected: 'a visit of its own', seen: `${visit}, again` });
          requireServed(t, cdn, [...shopOnly]);
          visits.add(visit ?? '');
        }
      }
      t.trail.splice(0);
      const { answer } = await readWell(t, '/events/66');
      t.require(answer.setCookies.length === 0, {
        expected: 'no cookie without ref',
        seen: answer.setCookies.join(', '),
        because: 'An answer with a cookie in it can’t be shared, and this one could be.',
      });
    },
  );
}
