import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustDropAtEveryAddress } from './addresses.ts';
import { FarInstance, untilForced } from './far-instance.ts';
import { mustDropAfterTheChange } from './read-beside-write.ts';
import { change, follow, hasCaughtUp, heldMs, patienceMs, read, requirePrice, unavailable } from './steps.ts';

/** A copy in a process that expires by itself lives at least so long. */
const shortestCopyMs = 500;

/** A write that has been answered is seen by everybody. */
export function writeBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-seen',
    'a write on one instance is seen on both at once',
    {
      because:
        'The other instance still shows what was kept before the write. Either nobody told it, or the message was still on its way when the write was answered.',
      lookAt: 'what does PUT /events/:id drop, and which instances read from there?',
    },
    async (t) => {
      const far = new FarInstance(t, await t.redis.openDoor());
      await t.supplier.setLatency(0);
      for (const [id, on] of [
        ['6', 2],
        ['8', 1],
      ] as const) {
        t.trail.begin();
        // Twice: an instance that keeps a copy of what it reads from Redis has one now.
        const path = `/events/${id}`;
        for (const reader of [1, 2, 1, 2]) await read(t, t.visitor(), path, { on: reader });
        await change(t, id, { priceCents: 4_321 }, on);
        const onOther = await read(t, t.visitor(), path, { on: 3 - on });
        const onSame = await read(t, t.visitor(), path, { on });
        const nobodySees = {
          because: 'The write was answered, and no instance shows it. What was kept before it is still answered.',
          lookAt: 'is the key that PUT /events/:id drops the key under which GET /events/:id looks?',
        };
        requirePrice(t, onSame, 4_321, nobodySees);
        requirePrice(t, onOther, 4_321);
      }
      await mustDropAtEveryAddress(t, '27');
      await mustKeepTheLastWrite(t, '21');
      await mustKeepTheWriteThatWasMadeLast(t, '23');
      await mustDropAfterALostAnswer(t, '22');
      await far.ready();
      await mustNotKeepWhatIsAnsweredLast(t, far, '24');
      await untilForced(t, far, [9, 11, 13], (id) => mustWaitForRedis(t, far, id));
      await untilForced(t, far, [10, 12, 14], (id) => mustWaitForCopies(t, far, id));
      await mustDropAfterTheChange(t, '26');
    },
  );
}

/** Two writes, of which the first is answered last. What its answer says is no longer true. */
async function mustKeepTheLastWrite(t: Stage, id: string): Promise<void> {
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
async function mustKeepTheWriteThatWasMadeLast(t: Stage, id: string): Promise<void> {
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
async function mustNotKeepWhatIsAnsweredLast(t: Stage, far: FarInstance, id: string): Promise<void> {
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

/** The supplier has made the change, and nobody hears of it. */
async function mustDropAfterALostAnswer(t: Stage, id: string): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  t.trail.begin(`PUT ${path} {"priceCents":3333} on instance 1: done, and the answer is lost`);
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const lost = follow(t.visitor().put(path, { priceCents: 3_333 }, { on: 1 }));
  await t.until('the supplier to make the change', async () => (await t.supplier.event(id))?.priceCents === 3_333);
  await t.supplier.heal();
  (await lost.promise).mustBe([200, ...unavailable], {
    because: 'The supplier’s answer to the write was lost, and the shop made something else of it.',
    lookAt: 'what does PUT /events/:id answer when the connection to the supplier breaks?',
  });
  for (const on of [1, 2]) {
    requirePrice(t, await read(t, t.visitor(), path, { on }), 3_333, {
      because:
        'The write got no answer, so nothing was dropped. But the supplier had made the change, as it may have whenever an answer is lost.',
      lookAt: 'what does PUT /events/:id drop when the supplier does not answer it?',
    });
  }
}

/** A write that does not wait for Redis is answered while what it sent is still on its way. */
async function mustWaitForRedis(t: Stage, far: FarInstance, id: string): Promise<boolean> {
  const path = `/events/${id}`;
  for (const visitor of [t.visitor(), far.visitor]) await read(t, visitor, path);
  t.trail.begin('what an extra instance sends to Redis is slow to arrive');
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const write = follow(change(t, id, { priceCents: 4_321 }, far.visitor));
  await t.until('the write to reach the supplier', async () => write.ended || (await t.supplier.total()) > 0);
  await t.supplier.setLatency(0);
  far.hold();
  await t.supplier.release();
  await hasCaughtUp(far.url);
  const waits = !write.ended; // Or it is only late.
  if (!waits) {
    await write.promise;
    requirePrice(t, await read(t, t.visitor(), path, { on: 1 }), 4_321, {
      because:
        'The command that drops the entry in Redis was still on its way when the write was answered. Until it arrives, everybody reads the old entry.',
      lookAt: 'what has PUT /events/:id waited for when it answers?',
    });
  }
  far.letGo();
  await write.promise;
  requirePrice(t, await read(t, t.visitor(), path, { on: 1 }), 4_321);
  return !waits;
}

/** A copy in a process is right only if the write waits until every process has dropped its own. */
async function mustWaitForCopies(t: Stage, far: FarInstance, id: string): Promise<boolean> {
  const path = `/events/${id}`;
  const copiedAt = performance.now();
  for (const visitor of [t.visitor(), far.visitor, far.visitor]) await read(t, visitor, path);
  t.trail.begin('what Redis sends to an extra instance is slow to arrive');
  far.hold();
  const write = follow(change(t, id, { priceCents: 4_321 }, 1));
  await hasCaughtUp(t.app(1).url);
  const waits = !write.ended; // For the extra instance, or it is only late.
  if (waits) far.letGo();
  await write.promise;
  const answer = follow(read(t, far.visitor, path));
  await hasCaughtUp(far.url);
  const quick = performance.now() - copiedAt < shortestCopyMs;
  far.letGo();
  requirePrice(t, await answer.promise, 4_321, {
    because:
      'The instance answered from a copy of its own. The message that the copy is no longer true was still on its way when the write was answered.',
    lookAt: 'how does an instance that has a copy know, when it answers, that nobody has written meanwhile?',
  });
  return quick && !waits;
}
