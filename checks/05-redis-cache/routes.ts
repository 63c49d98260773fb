import { isDeepStrictEqual } from 'node:util';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { change, read } from './steps.ts';

/** None of them is an event, and some are names that every JavaScript object has. */
const noEvents = ['99999', 'constructor', '__proto__'];
/** Nor are these, once event 7 is kept. The last one is a 7 of Japanese text, twice as wide. */
const almostSeven = ['7%20', '07', '7.0', encodeURIComponent('\uff17')];
const invalidChanges = [
  { priceCents: '999' },
  { priceCents: 9.5 },
  { priceCents: -5 },
  { seatsLeft: -1 },
  { seatsLeft: true },
  { title: 7 },
  { city: null },
  { priceCents: 999, seatsLeft: 'many' },
];

export function routeBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'the routes answer as the README’s table says',
    {
      because: 'The answer is not the one in the README’s table of routes.',
      lookAt: 'what does the table of routes say about this request, and what does src/app.ts make of it?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      for (const on of [1, 2]) {
        t.trail.begin();
        await read(t, t.visitor(), '/events/7', { on });
        for (const id of noEvents)
          (await t.visitor().get(`/events/${id}`, { on })).mustBe(404, { because: 'There is no such event.' });
        for (const id of almostSeven)
          (await t.visitor().get(`/events/${id}`, { on })).mustBe(404, {
            because:
              'There is no such event. Event 7 is another one: an id is a text, and as another text it is another id.',
            lookAt: 'what is the key of an entry made of, and can two ids lead to the same?',
          });
      }
      t.trail.begin();
      const before = await t.supplier.event('7');
      for (const invalid of invalidChanges) {
        t.step(`PUT /events/7 ${JSON.stringify(invalid)}`);
        const answer = await t.visitor().put('/events/7', invalid, { on: 1 });
        t.trail.dropLast();
        answer.mustBe(400, {
          because: 'The change is not valid: title and city are text, priceCents and seatsLeft whole numbers from 0.',
          lookAt: 'what does PUT /events/:id check before it asks the supplier?',
        });
        t.trail.dropLast();
      }
      t.require(isDeepStrictEqual(await t.supplier.event('7'), before), {
        step: { what: 'PUT /events/7 with invalid changes', answer: '400' },
        expected: 'event 7 as it was',
        seen: 'it has changed at the supplier',
        because: 'The shop refused the change and made it all the same.',
        lookAt: 'what does PUT /events/:id check before it asks the supplier?',
      });
      await change(t, '7', { title: 'Zoë’s “Night”, part 2', seatsLeft: 0 }, 1);
      const { json } = await read(t, t.visitor(), '/events/7', { on: 1 });
      t.require(json.title === 'Zoë’s “Night”, part 2' && json.seatsLeft === 0, {
        expected: 'title “Zoë’s “Night”, part 2” and seatsLeft 0',
        seen: `title “${json.title}” and seatsLeft ${json.seatsLeft}`,
      });
      (await t.visitor().put('/events/99999', { priceCents: 1 }, { on: 1 })).mustBe(404, {
        because: 'There is no such event, so it cannot be changed.',
        lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
      });
    },
  );
}
