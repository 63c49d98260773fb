import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustForgetAFailedCall, mustNotMatchAnother, mustSayThatItFailed } from './failed-calls.ts';
import { askShop, askWell, mustBe, read, requireServed, shopOnly } from './steps.ts';

const outage = {
  503: 'the box office is out of order:',
  refuse: 'nobody answers at the box office:',
  404: 'the box office has withdrawn the event:',
};
const asIfWell = {
  because:
    'The shop cannot ask the box office, and says that all is well with what it was told last. The CDN keeps that as if it were new.',
  lookAt: 'what does the shop answer when the supplier fails, also to a page that it has shown before?',
};
const withdrawn = {
  because: 'There is no such event any more, and the shop shows what it was told last.',
  lookAt: 'what does the shop answer when the supplier says 404, also to a page that it has shown before?',
};

/** What must not outlive its cause. */
export function errorsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'errors',
    'an error is never given from a copy',
    {
      because: 'The CDN was told to keep an error. It gives the error to everybody, also when all is well again.',
      lookAt: 'is Cache-Control set before the route knows how the request ends?',
    },
    async (t) => {
      for (const [path, how, statuses] of [
        ['/events/55', 503, [502, 503, 504]],
        ['/events?city=dublin&page=1', 'refuse', [502, 503, 504]],
        ['/events/56', 404, [404]],
      ] as const) {
        const expected = how === 404 ? '404' : '502, 503 or 504';
        t.trail.begin();
        const { etag } = (await askWell(t, path)).headers;
        // So that an app that remembers versions has this one.
        if (etag) await askShop(t, path, { 'if-none-match': etag });
        await t.supplier.fail({ how });
        t.step(outage[how]);
        // Both past the CDN, which may have a copy. Nobody knows whether the tag is still right.
        for (const headers of [undefined, { 'if-none-match': etag ?? '"x"' }]) {
          const { status } = await askShop(t, path, headers);
          t.require(
            statuses.some((allowed) => allowed === status),
            {
              expected,
              seen: String(status),
              ...(how === 404 ? withdrawn : asIfWell),
            },
          );
        }
        const { answer } = await read(t, path);
        t.require(answer.is(...statuses), {
          expected,
          seen: String(answer.status),
          ...(how === 404
            ? withdrawn
            : {
                because: 'Without the box office there is nothing to show, and the answer is not an error.',
                lookAt: 'what does the shop answer when the supplier fails?',
              }),
        });
        await t.supplier.heal();
        t.step(how === 404 ? 'the event is on sale again:' : 'it is well again:');
        const { answer: next, cdn } = await read(t, path);
        requireServed(t, cdn, [...shopOnly]);
        next.mustBe(200, {
          because: `The box office has ${how === 404 ? 'the event' : 'an answer'} again, and the shop itself still answers with the error.`,
          lookAt: 'what does the shop keep of an answer that failed?',
        });
      }
      await mustSayThatItFailed(t);
      await mustForgetAFailedCall(t);
      await mustNotMatchAnother(t);
      await mustKeepNoErrorOfTheFramework(t);
      for (const [path, status] of [
        ['/events/99999', 404],
        ['/events/constructor', 404],
        ['/events/7%3Fx', 404],
        ['/events/..%2Fstats', 404],
        ['/events/50%25', 404],
        ['/events/7%252Fx', 404],
        ['/EVENTS/99999/', 404],
        ['/events/99999?ref=radio', 404],
        ['/events?page=0', 400],
        ['/events?city=oslo&page=-1', 400],
        ['/events?page=two', 400],
        ['/venues/nowhere/map.svg?v=1', 404],
        ['/venues/nowhere/map.svg', 404],
        ['/venues/constructor/map.svg', 404],
      ] as const) {
        t.trail.begin();
        (await read(t, path)).answer.mustBe(status, {
          because: `The table of routes says ${status}, whatever there is in the address.`,
          lookAt: 'what does the shop make of the id, or of the page, before it asks the supplier?',
        });
        const { answer, cdn } = await read(t, path);
        answer.mustBe(status);
        requireServed(t, cdn, [...shopOnly]);
        for (const given of ['"x"', '*']) {
          t.step(`with If-None-Match: ${given}`);
          mustBe(await askShop(t, path, { 'if-none-match': given }), status, {
            because: 'There is no such page, whatever copy somebody has.',
            lookAt: 'what does the route answer when somebody asks for a missing page with If-None-Match?',
          });
        }
      }
    },
  );
}

/** Errors that no route of the app makes: an id that can't be decoded, and a page below another one. */
async function mustKeepNoErrorOfTheFramework(t: Stage): Promise<void> {
  for (const path of [
    '/events/%E0%A4%A',
    '/events/7/tickets',
    '/venues/old-mill/plan',
    '/me/offers',
    '/wp-login.php',
  ]) {
    t.trail.begin();
    await read(t, path);
    const { answer, cdn } = await read(t, path);
    t.require(answer.status >= 400, {
      expected: 'an error',
      seen: String(answer.status),
      because: 'There is no such page.',
      lookAt: 'which route answers an address that the table does not have?',
    });
    requireServed(t, cdn, [...shopOnly], {
      because:
        'The CDN was told to keep an error. It is not one of the app’s own routes that made it, but what was said of all addresses like this one still holds.',
      lookAt: 'is Cache-Control set before anybody knows how the request ends, and who takes it back?',
    });
  }
}
