import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, excerpt } from '../harness/sdk/index.ts';
import { eventIn, read, unavailable } from './steps.ts';

/** What may be kept, and for how long: no errors, and nothing beyond its time to live. */
export function keepingBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'errors-not-kept',
    'errors of the supplier and 404s are not kept as good answers',
    {
      because: 'An error was kept for as long as a good answer. The supplier is well again, and the shop still is not.',
      lookAt: 'what is put into the cache when the supplier answers with an error, or not at all?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const faults = { '503 for every request': 503, 'refused connections': 'refuse' } as const;
      for (const [path, [what, how]] of [
        ['/events/311', Object.entries(faults)[0]],
        ['/events/312', Object.entries(faults)[1]],
        ['/events?city=turin&page=1', Object.entries(faults)[0]],
      ] as [string, [string, 503 | 'refuse']][]) {
        t.trail.begin(`the supplier: ${what}`);
        await t.supplier.fail({ how });
        (await t.visitor().get(path)).mustBe(unavailable, {
          because: 'The supplier failed, and the shop did not say so.',
          lookAt: 'what does the app answer when the supplier fails?',
        });
        await t.supplier.heal();
        t.step('the supplier is well again');
        const { json, text } = await read(t.visitor(), path);
        t.require(json?.id === path.split('/')[2] || Array.isArray(json?.events), {
          expected: 'the event or the list',
          seen: excerpt(text),
        });
      }
      t.trail.begin('the supplier: 503 for every request');
      await t.supplier.fail({ how: 503 });
      t.step('PUT /events/311 {"priceCents":1}');
      (await t.visitor().put('/events/311', { priceCents: 1 })).mustBe(unavailable, {
        because: 'The supplier refused the change, and the shop says that it has been made.',
        lookAt: 'what does PUT /events/:id wait for before it answers?',
      });
      await t.supplier.heal();
      t.trail.retell(2, 'the supplier is well again');
      const unchanged = (await t.supplier.event('311'))?.priceCents;
      const { json: shown } = await read(t.visitor(), '/events/311');
      t.require(shown?.priceCents === unchanged, {
        step: { what: 'GET /events/311', answer: '200' },
        expected: `priceCents ${unchanged}, as it was`,
        seen: `priceCents ${shown?.priceCents}`,
        because: 'The supplier refused the change, and the shop shows it all the same.',
        lookAt: 'what does PUT /events/:id put into the cache, and when?',
      });
      t.trail.begin();
      for (let time = 0; time < 2; time++) {
        (await t.visitor().get('/events/99999')).mustBe(404, {
          because: 'There is no such event. The second answer must say so as the first one did.',
          lookAt: 'what does the cache keep of an answer: its status, too?',
        });
      }
      (await t.visitor().put('/events/99999', { priceCents: 1 })).mustBe(404, {
        because: 'There is no such event, and the shop says that it has been changed, or that something else is wrong.',
        lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
      });
    },
  );

  behaviour(
    'expires',
    'entries expire after CACHE_TTL_S, however often they are read',
    {
      because:
        'Other shops sell from the same box office, and nobody tells this one. An entry that does not expire, or whose time to live each read renews, says forever what was true once.',
      lookAt: 'what ends an entry that nobody writes to, and is it CACHE_TTL_S after the entry was written?',
    },
    async (t) => {
      // With a supplier of its own, because it runs beside behaviours that count the calls to the other one.
      const supplier = await t.startSupplier({ latencyMs: 20, atOnce: 10 });
      const extra = await t.startExtra({ env: { SUPPLIER_URL: supplier.url, CACHE_TTL_S: '1' } });
      const visitor = t.visitor({ at: extra });
      t.step('an instance with CACHE_TTL_S=1');
      await read(visitor, '/events/5');
      await read(visitor, '/events?city=dublin&page=1');
      t.step('another shop sells seats of event 5');
      await supplier.change('5', { seatsLeft: 3 });
      const trailLength = t.trail.length;
      for (const path of ['/events/5', '/events?city=dublin&page=1']) {
        // It is read all the time, so that a time to live that each read renews never ends.
        await t.until(
          `GET ${path} shows the 3 seats left within 6 s`,
          async () => {
            t.trail.retell(trailLength);
            const answer = await read(visitor, path);
            await delay(50);
            return (eventIn(answer, '5') ?? answer.json)?.seatsLeft === 3;
          },
          { deadlineMs: 6_000 },
        );
      }
    },
    { background: true, limitMs: 40_000 },
  );
}
