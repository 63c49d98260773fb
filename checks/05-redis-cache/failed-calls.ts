import type { Stage } from '../harness/sdk/index.ts';
import { read, requirePrice, unavailable } from './steps.ts';

const said = {
  because: 'The supplier failed, and the shop did not say so.',
  lookAt: 'what does each route answer when the supplier answers with an error, or refuses the connection?',
};

const refused = {
  because:
    'The supplier said neither what it was asked for nor that there is no such event, and the shop says something else. If a refusal is taken for “no such event”, it is also kept.',
  lookAt: 'what does the app make of each status of the supplier?',
};

const restsTooLong = {
  because: 'The supplier is well again, and the shop is not. It keeps the failure, or it asks nothing for some time.',
  lookAt: 'what does a failed call leave behind, and what of that decides whether the supplier is asked again?',
};

const sentSomethingElse = {
  because:
    'The supplier said 200 and sent something that is not what it was asked for. That is a failure of the supplier, and the shop says something else. What is taken for an answer is also kept, for all instances.',
  lookAt: 'what does the app make of the body of a 200 that is null, a list, a number, an error, empty or cut off?',
};

const faults = [
  { what: '500 to every request', fault: { how: 500 }, teaching: said },
  { what: '429 with Retry-After: 60', fault: { how: 429, retryAfter: '60' }, teaching: refused },
  { what: 'no connection', fault: { how: 'refuse' }, teaching: said },
  {
    what: '200, and the connection breaks in the middle of the body',
    fault: { how: 'cut' },
    teaching: sentSomethingElse,
  },
  { what: '200 with a page of HTML', fault: { how: 'garbage' }, teaching: sentSomethingElse },
  ...['null', '[]', '7', '', '{}', '{"error":"down for maintenance"}'].map((body) => ({
    what: `200 with ${body === '' ? 'an empty body' : `the body ${body}`}`,
    fault: { how: 'body' as const, body },
    teaching: sentSomethingElse,
  })),
] as const;

/** Nobody has read these. */
const firstId = 301;

/** Each route says 502, 503 or 504, whether the supplier answers with an error, with nonsense or not at all. */
export async function mustNameAFailedCall(t: Stage): Promise<void> {
  for (const [index, { what, fault, teaching }] of faults.entries()) {
    const id = String(firstId + index);
    const path = `/events/${id}`;
    await t.redis.clear();
    await t.supplier.fail(fault);
    t.trail.begin(`the supplier: ${what}`);
    const stats = await t.visitor().get('/stats', { on: 1 });
    // A copy of the statistics in the process may be answered, too.
    stats.mustBe(stats.json?.events === 400 ? [200, ...unavailable] : unavailable, teaching);
    (await t.visitor().get(path, { on: 2 })).mustBe(unavailable, teaching);
    (await t.visitor().put(path, { priceCents: 5 }, { on: 1 })).mustBe(unavailable, teaching);
    await t.supplier.heal();
    t.step('the supplier is well again');
    for (const on of [2, 1]) await read(t, t.visitor(), '/stats', { on }, restsTooLong);
    const answer = await read(t, t.visitor(), path, { on: 1 }, restsTooLong);
    // A write whose answer was cut off has been made.
    const { priceCents = 0 } = (await t.supplier.event(id)) ?? {};
    requirePrice(t, answer, priceCents, {
      because: 'The shop shows what the supplier has not said: the write had failed.',
      lookAt: 'what does PUT /events/:id put into the cache, and when?',
    });
  }
}
