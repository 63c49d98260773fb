import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { follow, heldMs, patienceMs, read, requirePrice } from './steps.ts';

/** A reader who comes after the write has begun, and before the supplier makes the change. */
export async function mustDropAfterTheChange(t: Stage, id: string): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  t.trail.begin(`PUT ${path} {"priceCents":4444} on instance 1, and the supplier is slow to begin`);
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const write = follow(t.visitor().put(path, { priceCents: 4_444 }, { on: 1 }));
  await t.until('the write to reach the supplier', async () => (await t.supplier.total()) > 0);
  await t.supplier.setLatency(0);
  // A read that waits for the write is right, too.
  const meanwhile = follow(read(t, t.visitor(), path, { on: 2 }));
  await Promise.race([meanwhile.promise, delay(patienceMs)]);
  await t.supplier.release();
  (await write.promise).mustBe(200);
  await meanwhile.promise;
  t.trail.retell(1, `GET ${path} on instance 2 meanwhile`, '200');
  t.step('the supplier makes the change, and the write is answered', '200');
  for (const on of [1, 2]) {
    requirePrice(t, await read(t, t.visitor(), path, { on }), 4_444, {
      because:
        'A reader came while the write was under way, before the supplier had made the change. What it was given is still answered after the write.',
      lookAt:
        'does PUT /events/:id drop the entry before or after the supplier makes the change, and has it done so when it answers?',
    });
  }
}
