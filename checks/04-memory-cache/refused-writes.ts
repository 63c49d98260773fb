import type { Answer, CheckDefinition } from '../harness/sdk/index.ts';
import { read, readAgainForNothing } from './steps.ts';

export function refusedWrites(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'refused-writes',
    'a write that is refused drops nothing',
    {
      because:
        'The write changed nothing, and the shop dropped what it had kept all the same. Anybody can switch the cache off by writing to events that do not exist.',
      lookAt: 'what does PUT /events/:id drop when the supplier answers 404?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const paths = ['/events/326', '/events?city=prague&page=2'];
      const answers = [];
      for (const path of paths) answers.push(await read(t.visitor(), path));
      t.trail.begin();
      for (const change of [{ priceCents: 1 }, { city: 'prague' }])
        (await t.visitor().put('/events/99999', change)).mustBe(404, {
          because: 'There is no such event, so it cannot be changed.',
          lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
        });
      (await t.visitor().put('/events/326', { priceCents: -1 })).mustBe(400, {
        because: 'A price is a whole number from 0.',
        lookAt: 'what does PUT /events/:id check before it asks the supplier?',
      });
      for (const [index, path] of paths.entries()) await readAgainForNothing(t, answers[index] as Answer, path);
    },
    { further: true },
  );
}
