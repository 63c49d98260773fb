import type { Stage } from '../harness/sdk/index.ts';
import { ada, askShop, askWell, mustBe, read, readWell, requireServed, shopOnly } from './steps.ts';

/** The supplier tells the new version, and fails once to give what belongs to it. That is no reason to fail later. */
export async function mustForgetAFailedCall(t: Stage): Promise<void> {
  for (const [route, path, seatsLeft] of [
    ['GET /events/:id', '/events/57', 41],
    ['GET /events', '/events?city=madrid&page=1', 42],
  ] as const) {
    t.trail.begin();
    await askWell(t, path);
    await t.supplier.change('57', { seatsLeft });
    await t.supplier.fail({ how: 503, route });
    t.step(`event 57 has ${seatsLeft} seats left now, and the supplier answers 503 to every ${route}:`);
    for (const language of ['en', 'de'])
      (await askShop(t, path, { 'accept-language': language })).mustBe([502, 503, 504], {
        because: 'The supplier gives nothing to show, and the answer is not an error.',
        lookAt: 'what does the shop answer when the supplier gives the version and not the event?',
      });
    await t.supplier.heal();
    t.step('it is well again:');
    for (const language of ['en', 'de']) {
      const answer = await askShop(t, path, { 'accept-language': language });
      answer.mustBe(200, {
        because:
          'The supplier failed for a moment, and the shop has kept that failure for good, such as a rejected promise under the version or the address.',
        lookAt: 'what does the shop keep of a call that failed, and what removes it?',
      });
    }
  }
}

/** Whatever asks the supplier for a version asks for that of this page, with the id or the city as one name. */
export async function mustNotMatchAnother(t: Stage): Promise<void> {
  for (const [path, other, status] of [
    ['/events/7%3Fx', '/events/7', 404],
    ['/events/7%23x', '/events/7', 404],
    ['/events/x%2F..%2F7', '/events/7', 404],
    ['/events/%2537', '/events/7', 404], // Its id is %37, which would be 7 if it were decoded once more.
    ['/events?city=oslo%26page%3D2&page=1', '/events?city=oslo&page=2', 200],
    ['/events?city=os%256Co&page=1', '/events?city=oslo&page=1', 200],
  ] as const) {
    t.trail.begin();
    const { etag: tag = '"x"' } = (await askWell(t, other)).headers; // That there must be one is judged elsewhere.
    for (const given of status === 404 ? [tag, '*'] : [tag]) {
      t.step(`with If-None-Match: ${given}`);
      mustBe(await askShop(t, path, { 'if-none-match': given }), status, given === '*' ? matchesAny : takenForAnother);
    }
  }
}

const takenForAnother = {
  because:
    'The shop has confirmed the tag of another page. It asked the supplier for a version, and the id or the city in that question was no longer one name.',
  lookAt: 'with which address does the shop ask for the version, and what is in it when the id has a ?, a / or a %?',
};
const matchesAny = {
  because: 'If-None-Match: * matches any page that exists. This one does not exist, and the shop has confirmed it.',
  lookAt: 'is If-None-Match compared before the shop knows whether there is such a page?',
};

const failures = {
  429: 'has too many calls',
  500: 'has an error of its own',
  503: 'is out of order',
  cut: 'breaks off in the middle of each answer',
  garbage: 'answers 200 with a page of HTML',
} as const;

/** An answer that is none, and the customer's own page: whatever the shop has been told before is not what is asked for. */
export async function mustSayThatItFailed(t: Stage): Promise<void> {
  for (const [path, how] of [
    ['/events/58', 'cut'],
    ['/events/59', 500],
    ['/events?city=athens&page=1', 429],
    ['/events?city=turin&page=2', 'garbage'],
    ['/me', 'cut'],
    ['/me', 503],
  ] as const) {
    const cookies = path === '/me' ? ada : undefined;
    t.trail.begin();
    await readWell(t, path, { 'accept-language': 'de' }, cookies);
    await t.supplier.fail({ how });
    t.step(`the box office ${failures[how]}:`);
    const { answer } = await read(t, path, { 'accept-language': 'fr' }, cookies);
    answer.mustBe([502, 503, 504], {
      because:
        answer.status >= 500
          ? 'The box office has failed. 500 says that the shop itself is broken, and nobody looks at the box office.'
          : 'The box office gave nothing to show, and the shop’s answer is not an error that says so.',
      lookAt: 'what does the shop answer when the supplier fails, also in the middle of its answer?',
    });
    await t.supplier.heal();
    t.step('it is well again:');
    const { answer: next, cdn } = await read(t, path, { 'accept-language': 'fr' }, cookies);
    requireServed(t, cdn, [...shopOnly]);
    mustBe(next, 200);
  }
}
