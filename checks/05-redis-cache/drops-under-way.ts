import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import type { FarInstance } from './far-instance.ts';
import { follow, hasCaughtUp, heldMs, read, requirePrice } from './steps.ts';

/** A second write that waits for the first one is not made before that has heard of Redis. */
const secondWithinMs = 80;

/** Two writes on one instance. Redis has dropped the entry for the first, and the instance has not heard of it yet. */
export async function mustDropForEachWrite(t: Stage, far: FarInstance, id: string): Promise<boolean> {
  const path = `/events/${id}`;
  for (const visitor of [t.visitor(), far.visitor]) await read(t, visitor, path);
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const first = follow(far.visitor.put(path, { priceCents: 1_111 }));
  await t.until('the write to reach the supplier', async () => first.ended || (await t.supplier.total()) > 0);
  await t.supplier.setLatency(0);
  far.holdReplies();
  await t.supplier.release();
  await hasCaughtUp(far.url);
  await read(t, t.visitor(), path, { on: 1 }); // Keeps what the first write has made.
  const second = follow(far.visitor.put(path, { priceCents: 2_222 }));
  const isMade = async () => (await t.supplier.event(id))?.priceCents === 2_222;
  const deadline = performance.now() + secondWithinMs;
  while (!(await isMade()) && performance.now() < deadline) await delay(10);
  const overlaps = await isMade();
  await hasCaughtUp(far.url);
  far.letGo();
  t.trail.begin(`PUT ${path} {"priceCents":1111} on an extra instance, and what Redis replies to it is slow to arrive`);
  t.step(`GET ${path} on instance 1`, '200');
  t.step(`PUT ${path} {"priceCents":2222} on the extra instance meanwhile`);
  const trailLength = t.trail.length;
  for (const write of [first, second]) (await write.promise).mustBe(200);
  t.trail.retell(trailLength, 'both writes are answered', '200');
  for (const visitor of [t.visitor(), far.visitor]) {
    requirePrice(t, await read(t, visitor, path), 2_222, {
      because:
        'The entry was dropped for the first write. Then a reader kept what that write had made, and the second write dropped nothing: it was content with a command that had been sent for the first.',
      lookAt: 'does each PUT /events/:id send its own command to Redis, after the supplier has made the change?',
    });
  }
  return overlaps;
}
