import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustDropAtEveryAddress } from './addresses.ts';
import { mustDropForEachWrite } from './drops-under-way.ts';
import { mustMakeEqualWrites } from './equal-writes.ts';
import { FarInstance, untilForced } from './far-instance.ts';
import { mustDropAfterALostAnswer } from './lost-answers.ts';
import { mustDropAfterTheChange } from './read-beside-write.ts';
import { change, follow, hasCaughtUp, heldMs, read, requirePrice } from './steps.ts';
import { mustKeepTheLastWrite, mustKeepTheWriteThatWasMadeLast, mustNotKeepWhatIsAnsweredLast } from './two-writes.ts';

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
      await mustShowEachField(t, '28');
      await mustDropAtEveryAddress(t, '27');
      await mustKeepTheLastWrite(t, '21');
      await mustKeepTheWriteThatWasMadeLast(t, '23');
      await mustMakeEqualWrites(t, '20');
      await mustDropAfterALostAnswer(t, '22', 'late');
      await mustDropAfterALostAnswer(t, '29', 'cut');
      await far.ready();
      await mustNotKeepWhatIsAnsweredLast(t, far, '24');
      await untilForced(t, far, [9, 11, 13], (id) => mustWaitForRedis(t, far, id));
      await untilForced(t, far, [10, 12, 14], (id) => mustWaitForCopies(t, far, id));
      await untilForced(t, far, [34, 35, 36], (id) => mustDropForEachWrite(t, far, id));
      await mustDropAfterTheChange(t, '26');
    },
  );
}

/** Each field by itself, with the values that a program may take for none. */
async function mustShowEachField(t: Stage, id: string): Promise<void> {
  const path = `/events/${id}`;
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  t.trail.begin();
  for (const [field, value] of [
    ['seatsLeft', 0],
    ['priceCents', 0],
    ['title', ''],
    ['city', 'bergen'],
  ] as const) {
    await change(t, id, { [field]: value }, 1);
    const { json } = await read(t, t.visitor(), path, { on: 2 });
    t.require(json[field] === value, {
      expected: `${field} ${JSON.stringify(value)}`,
      seen: `${field} ${JSON.stringify(json[field])}`,
      because:
        'The write was answered, and the event shows the old value. Each field may change by itself. 0 and an empty text are values like any other, and a test such as if (change.seatsLeft) takes them for no change.',
      lookAt: 'how does PUT /events/:id find out whether something changes?',
    });
    t.trail.begin();
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
