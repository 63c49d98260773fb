import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { change, follow, patienceMs, read, requirePrice } from './steps.ts';

/** Two equal writes, and another one between them. The second of the two is no repetition of the first. */
export async function mustMakeEqualWrites(t: Stage, id: string): Promise<void> {
  const path = `/events/${id}`;
  const equal = { priceCents: 1_111 };
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  t.trail.begin(`PUT ${path} ${JSON.stringify(equal)} on instance 1: done, and the answer is slow`);
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const first = follow(t.visitor().put(path, equal, { on: 1 }));
  await t.until('the supplier to make the change', async () => (await t.supplier.event(id))?.priceCents === 1_111);
  // One write at a time is right, too, and then the others wait for the first.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  let second: { status: number };
  try {
    await change(t, id, { priceCents: 2_222 }, 2);
    const again = follow(t.visitor().put(path, equal, { on: 1, deadlineMs: 2 * patienceMs }));
    while (!again.ended && (await priceOf(t, id)) !== 1_111) await delay(10);
    await t.supplier.release();
    second = (await again.promise).mustBe(200);
  } finally {
    clearTimeout(patience);
  }
  (await first.promise).mustBe(200);
  t.trail.retell(2, `PUT ${path} ${JSON.stringify(equal)} on instance 1, once more`, String(second.status));
  const teaching = {
    because:
      'The third write was answered with 200, and the supplier did not get it. The app took it for a repetition of the first one, which is equal and was still under way. In between, somebody had written something else.',
    lookAt: 'does each PUT /events/:id that is answered reach the supplier?',
  };
  t.require((await priceOf(t, id)) === 1_111, {
    expected: 'priceCents 1111 at the supplier',
    seen: `priceCents ${await priceOf(t, id)}`,
    ...teaching,
  });
  for (const on of [1, 2]) requirePrice(t, await read(t, t.visitor(), path, { on }), 1_111);
}

async function priceOf(t: Stage, id: string): Promise<number | undefined> {
  return (await t.supplier.event(id))?.priceCents;
}
