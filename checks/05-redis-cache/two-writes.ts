import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import type { FarInstance } from './far-instance.ts';
import { change, follow, hasCaughtUp, heldMs, patienceMs, read, requirePrice } from './steps.ts';

/** Two writes, of which the first is answered last. What its answer says is no longer true. */
export async function mustKeepTheLastWrite(t: Stage, id: string): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  t.trail.begin(`PUT ${path} {"priceCents":1111} on instance 1: done, and the answer is slow`);
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const first = follow(t.visitor().put(path, { priceCents: 1_111 }, { on: 1 }));
  await t.until('the supplier to make the change', async () => (await t.supplier.event(id))?.priceCents === 1_111);
  // One write at a time is right, too, and then the second one waits for the first.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  try {
    await change(t, id, { priceCents: 2_222 }, 2);
  } finally {
    clearTimeout(patience);
  }
  await t.supplier.release();
  (await first.promise).mustBe(200);
  t.trail.dropLast();
  t.step('the first write is answered', '200');
  for (const on of [1, 2]) {
    requirePrice(t, await read(t, t.visitor(), path, { on }), 2_222, {
      because: 'The answer to the first write was kept, although the second write came after it.',
      lookAt: 'what is put into the cache after a write, and what if an earlier write is answered later?',
    });
  }
}

/** Two writes that the supplier makes in the other order than the shop began them. */
export async function mustKeepTheWriteThatWasMadeLast(t: Stage, id: string): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  t.trail.begin(`PUT ${path} {"priceCents":1111} on instance 1, and the supplier is slow to begin`);
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const first = follow(t.visitor().put(path, { priceCents: 1_111 }, { on: 1 }));
  await t.until('the write to reach the supplier', async () => (await t.supplier.total()) > 0);
  await t.supplier.setLatency(0);
  // One write at a time is right, too, and then the second one waits for the first and is made last.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  try {
    await change(t, id, { priceCents: 2_222 }, 2);
  } finally {
    clearTimeout(patience);
  }
  await t.supplier.release();
  (await first.promise).mustBe(200);
  t.trail.dropLast();
  t.step('the supplier makes the first write after the second one');
  const made = (await t.supplier.event(id))?.priceCents ?? 0;
  for (const on of [1, 2]) {
    requirePrice(t, await read(t, t.visitor(), path, { on }), made, {
      because:
        'The supplier made the write that had begun first after the other one. The shop kept the answer to the write that it began last.',
      lookAt: 'what is put into the cache after a write, and who knows in which order the supplier made two writes?',
    });
  }
}

/** The write that began last was made first, and it is the last one that reaches Redis. */
export async function mustNotKeepWhatIsAnsweredLast(t: Stage, far: FarInstance, id: string): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  for (const visitor of [t.visitor(), far.visitor]) await read(t, visitor, path);
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const first = follow(t.visitor().put(path, { priceCents: 1_111 }, { on: 1 }));
  await t.until('the write to reach the supplier', async () => (await t.supplier.total()) > 0);
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const second = follow(far.visitor.put(path, { priceCents: 2_222 }));
  // One write at a time is right, too, and then the second one waits for the first and is made last.
  const deadline = performance.now() + patienceMs;
  while ((await t.supplier.total()) < 2 && performance.now() < deadline) await delay(10);
  if ((await t.supplier.total()) < 2) await t.supplier.heal();
  await t.supplier.setLatency(0);
  far.hold();
  // A write that waits for every instance is right, too.
  const patience = setTimeout(() => far.letGo(), patienceMs);
  try {
    await t.supplier.release();
    const { status } = await first.promise;
    await hasCaughtUp(far.url);
    t.trail.begin(`PUT ${path} {"priceCents":1111} on instance 1, and the supplier is slow to begin`);
    t.step(`PUT ${path} {"priceCents":2222} on an extra instance: done, and the answer is slow`);
    t.step('the supplier makes the first write, which is answered', String(status));
  } finally {
    clearTimeout(patience);
    far.letGo();
  }
  const trailLength = t.trail.length;
  (await second.promise).mustBe(200);
  t.trail.retell(trailLength, 'the second write is answered', '200');
  const made = (await t.supplier.event(id))?.priceCents ?? 0;
  for (const on of [1, 2]) {
    requirePrice(t, await read(t, t.visitor(), path, { on }), made, {
      because:
        'The supplier made the write that had begun first after the other one. The shop kept the answer to the write that it began last.',
      lookAt: 'what is put into the cache after a write, and who knows in which order the supplier made two writes?',
    });
  }
}
