import { isDeepStrictEqual } from 'node:util';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ada, change, read } from './steps.ts';

const invalidPages = ['0', '-1', '1.5', 'x'];
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
      const visitor = t.visitor();
      for (const page of invalidPages) {
        (await visitor.get(`/events?city=berlin&page=${page}`)).mustBe(400, {
          because: 'A page is a number from 1, and this is none.',
          lookAt: 'what does GET /events check before it looks for the list?',
        });
      }
      t.trail.begin();
      for (const id of ['99999', 'constructor', '__proto__'])
        (await visitor.get(`/events/${id}`)).mustBe(404, { because: 'There is no such event.' });
      (await visitor.put('/events/99999', { priceCents: 1 })).mustBe(404, {
        because: 'There is no such event, so it cannot be changed.',
        lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
      });
      t.trail.begin();
      const before = await t.supplier.event('7');
      for (const invalid of invalidChanges) {
        t.step(`PUT /events/7 ${JSON.stringify(invalid)}`);
        const answer = await visitor.put('/events/7', invalid);
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
      await change(t, '27', { title: 'Zoë’s “Night”, part 2', seatsLeft: 0 });
      const { json } = await read(visitor, '/events/27', ada);
      t.require(json?.title === 'Zoë’s “Night”, part 2' && json?.seatsLeft === 0 && json?.viewer === 'ada', {
        expected: 'title “Zoë’s “Night”, part 2”, seatsLeft 0 and viewer “ada”',
        seen: `title “${json?.title}”, seatsLeft ${json?.seatsLeft} and viewer “${json?.viewer}”`,
      });
    },
  );
}
