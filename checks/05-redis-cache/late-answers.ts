import type { CheckDefinition, Stage, Visitor } from '../harness/sdk/index.ts';
import { FarInstance, untilForced } from './far-instance.ts';
import { change, follow, hasCaughtUp, heldMs, patienceMs, read, requirePrice } from './steps.ts';

/** A read that was under way during a write must not undo it. */
export function lateAnswerBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-beats-read',
    'a read that was under way during a write does not bring the old value back',
    {
      because:
        'A read had asked the supplier before the write, and its answer came after it. The write dropped the entry, and then the late answer put the old value into Redis, for every instance.',
      lookAt: 'how does the reader of a late answer find out that a write has happened in between?',
    },
    async (t) => {
      const far = new FarInstance(t, await t.redis.openDoor());
      for (const [id, reader, writer] of [
        ['16', 1, 2],
        ['17', 2, 2],
      ] as const)
        await mustNotBringBack(t, id, { reader, writer });
      await far.ready();
      for (const [index, replies] of [0, 1, 2].entries()) {
        const id = 18 + index;
        await mustCompareAndWriteAtOnce(t, far, String(id), replies);
      }
      await untilForced(t, far, [25, 26, 27], (id) => mustLookForItself(t, far, id));
    },
    { further: true },
  );
}

async function mustNotBringBack(t: Stage, id: string, { reader, writer }: { reader: number; writer: number }) {
  const path = `/events/${id}`;
  t.trail.begin();
  const { early } = await readAndHold(t, t.visitor(), path, reader);
  const trailLength = t.trail.length;
  await t.supplier.setLatency(0); // The write overtakes the read.
  // A write that waits for the reads under way is right, too, and would wait forever.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  try {
    await change(t, id, { priceCents: 777 }, writer);
    for (const on of [reader, 3 - reader]) {
      const teaching = {
        because: 'The write had been answered, and a new reader still got the answer that was asked for before it.',
        lookAt: 'which answer does a reader wait for when a call is under way that began before the write?',
      };
      requirePrice(t, await read(t, t.visitor(), path, { on }, teaching), 777, teaching);
    }
  } finally {
    clearTimeout(patience);
  }
  await t.supplier.release();
  const { status } = await early;
  t.trail.retell(trailLength + 1, 'the early read is answered', String(status));
  for (const on of [1, 2]) requirePrice(t, await read(t, t.visitor(), path, { on }), 777);
}

/**
 * Between looking whether somebody has written and keeping the answer there must be no gap.
 * @param replies how many replies of Redis the reader has heard since the supplier answered.
 */
async function mustCompareAndWriteAtOnce(t: Stage, far: FarInstance, id: string, replies: number): Promise<void> {
  const path = `/events/${id}`;
  t.trail.begin();
  const { early } = await readAndHold(t, far.visitor, path);
  await t.supplier.setLatency(0);
  far.holdReplies();
  await t.supplier.release();
  await hasCaughtUp(far.url); // Redis has done what it sent first, now that it has the answer.
  for (let reply = 0; reply < replies; reply++) {
    far.passReply();
    await hasCaughtUp(far.url);
  }
  t.step('the supplier answers it, and what Redis replies to it is slow to arrive');
  await change(t, id, { priceCents: 777 }, 1);
  far.letGo();
  const { status } = await early;
  t.trail.dropLast();
  t.step('the early read is answered', String(status));
  await hasCaughtUp(far.url); // It may answer before it keeps the answer.
  const teaching = {
    because:
      'The reader of a late answer asked Redis whether somebody had written, and nobody had. Then came the write, and then the reader put the old value into Redis: asking and writing were two commands.',
    lookAt: 'what may happen in Redis between two commands of one reader?',
  };
  requirePrice(t, await read(t, t.visitor(), path, { on: 2 }, teaching), 777, teaching);
}

/** A reader that comes after the write must not be given what another one read from Redis before it. */
async function mustLookForItself(t: Stage, far: FarInstance, id: string): Promise<boolean> {
  const path = `/events/${id}`;
  await t.supplier.setLatency(0);
  for (const visitor of [t.visitor(), far.visitor]) await read(t, visitor, path);
  t.trail.begin(`GET ${path} on an extra instance, and what Redis replies is slow to arrive`);
  far.holdReplies();
  const early = follow(far.visitor.get(path));
  await hasCaughtUp(far.url);
  // A write that waits for every instance is right, too.
  const patience = setTimeout(() => far.letGo(), patienceMs);
  try {
    await change(t, id, { priceCents: 777 }, 1);
  } finally {
    clearTimeout(patience);
  }
  const late = follow(read(t, far.visitor, path));
  await hasCaughtUp(far.url);
  far.letGo();
  await early.promise;
  const answer = await late.promise;
  t.trail.retell(2, `GET ${path} on the extra instance, after the write`, String(answer.status));
  requirePrice(t, answer, 777, {
    because:
      'The reader came after the write and was given what an earlier reader of the same process had read from Redis before it.',
    lookAt: 'when did the reader that the others wait for look into Redis, and when did they come?',
  });
  return true;
}

/** A read that has reached the supplier, which holds its answer. */
async function readAndHold(t: Stage, visitor: Visitor, path: string, on?: number) {
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  t.step(`GET ${path} on ${on ? `instance ${on}` : 'an extra instance'} begins, and the supplier is slow`);
  const early = visitor.get(path, { ...(on ? { on } : {}), deadlineMs: 10_000 });
  early.catch(() => {}); // Awaited later, unless something fails before.
  await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
  return { early };
}
