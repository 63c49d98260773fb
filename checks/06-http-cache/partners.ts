import type { Answer, CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { ada, askShop, mustBe, readWell, requireServed, shopOnly, whileHeld } from './steps.ts';

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
      const processes = Promise.all([t.startExtra(), t.startExtra()]);
      processes.catch(() => {}); // Awaited when they are needed.
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
      for (const [path, cookies] of [['/events/66'], ['/events?city=prague&page=1'], ['/me', ada]] as const) {
        t.trail.begin();
        const { answer } = await readWell(t, path, {}, cookies && new Map(cookies));
        t.require(answer.setCookies.length === 0, {
          expected: 'no cookie without ref',
          seen: answer.setCookies.join(', '),
          because: cookies
            ? 'Only visits by a partner’s link are counted, and this is none.'
            : 'An answer with a cookie can’t be shared, and this one could be.',
          lookAt: 'which answers set the cookie visit?',
        });
      }
      await mustCountEachVisit(t);
      await mustCountInEachProcess(t, await processes);
    },
  );
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

/** A process begins anew with each deploy, and there may be several. */
async function mustCountInEachProcess(t: Stage, processes: Instance[]): Promise<void> {
  const path = '/events/68?ref=radio';
  const visits = new Set<string>();
  t.trail.begin();
  for (const [n, at] of processes.entries()) {
    t.step(`process ${n + 1} of the shop, just started:`);
    for (let asked = 1; asked <= 2; asked++) {
      const answer = mustBe(await t.visitor({ at }).get(path), 200);
      const visit = answer.setCookies.find((line) => line.startsWith('visit=radio.'))?.split(';')[0] ?? '';
      t.require(visit && !visits.has(visit), {
        expected: 'a visit of its own',
        seen: visit ? `${visit}, again` : 'no cookie visit',
        because:
          'Two processes of the shop have given the same visit to two visitors. What tells visits apart begins anew with each process.',
        lookAt: 'what is a visit made of, and what does that begin with after a deploy?',
      });
      visits.add(visit);
    }
  }
}
