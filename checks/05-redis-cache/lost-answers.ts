import type { Stage } from '../harness/sdk/index.ts';
import { follow, read, requirePrice, unavailable } from './steps.ts';

/** The supplier has made the change, and nobody hears of it: there is no answer at all, or half of it. */
export async function mustDropAfterALostAnswer(t: Stage, id: string, how: 'late' | 'cut'): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  const end = how === 'late' ? 'the answer is lost' : 'half of the answer is lost';
  t.trail.begin(`PUT ${path} {"priceCents":3333} on instance 1: done, and ${end}`);
  await t.supplier.fail({ how, route: 'PUT /events/:id', times: 1 });
  const lost = follow(t.visitor().put(path, { priceCents: 3_333 }, { on: 1 }));
  await t.until('the supplier to make the change', async () => (await t.supplier.event(id))?.priceCents === 3_333);
  if (how === 'late') await t.supplier.heal();
  (await lost.promise).mustBe([200, ...unavailable], {
    because: 'The supplier’s answer to the write was lost, and the shop made something else of it.',
    lookAt: 'what does PUT /events/:id answer when the connection to the supplier breaks?',
  });
  for (const on of [1, 2]) {
    requirePrice(t, await read(t, t.visitor(), path, { on }), 3_333, {
      because:
        'The answer to the write was lost, or the end of it, and nothing was dropped. But the supplier had made the change, as it may have whenever an answer is lost.',
      lookAt: 'what does PUT /events/:id drop when the supplier does not answer it?',
    });
  }
}
