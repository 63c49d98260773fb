import {
  type Answer,
  BehaviourFailure,
  type CheckDefinition,
  type Stage,
  type Teaching,
  type Visitor,
} from '../harness/sdk/index.ts';
import { FarInstance } from './far-instance.ts';
import { change, hasCaughtUp, heldMs, read } from './steps.ts';

/** How long a write may wait for a read under way before that read gets its answer. */
const patienceMs = 2_000;
/** A right app that sends something to Redis waits so long for its reply at least, before it goes on without. */
const shortestTimeoutMs = 250;
/** A copy in a process that ends by itself lives as long as this at least. */
const shortestCopyMs = 500;

/** When what is kept stops being true. */
export function truthBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-seen',
    'a write on one instance is seen on both at once',
    {
      because:
        'The other instance still shows what was kept before the write. Either nobody told it, or what tells it was still on its way when the write was answered.',
      lookAt: 'what does PUT /events/:id drop, and which instances read from there?',
    },
    async (t) => {
      const far = new FarInstance(t, await t.redis.openDoor());
      await t.supplier.setLatency(0);
      for (const [id, on] of [
        ['6', 2],
        ['8', 1],
      ] as const) {
        t.trail.splice(0);
        // Twice: also an instance that keeps what it has read from Redis has a copy now.
        for (const reader of [1, 2, 1, 2]) await read(t, t.visitor(), `/events/${id}`, { on: reader });
        await change(t, id, { priceCents: 4_321 }, on);
        const onOther = await read(t, t.visitor(), `/events/${id}`, { on: 3 - on });
        const onSame = await read(t, t.visitor(), `/events/${id}`, { on });
        const nobodySees = {
          because: 'The write was answered, and no instance shows it: what was kept from before it is still answered.',
          lookAt: 'does what PUT /events/:id drops have the name under which GET /events/:id looks?',
        };
        requirePrice(t, onSame, 4_321, nobodySees);
        requirePrice(t, onOther, 4_321);
      }
      await far.ready();
      await untilForced(t, far, ['9', '11', '13'], (id) => mustWaitForRedis(t, far, id));
      await untilForced(t, far, ['10', '12', '14'], (id) => mustWaitForCopies(t, far, id));
    },
  );

  behaviour(
    'write-beats-read',
    'a read that was under way during a write does not bring the old value back',
    {
      because:
        'A read had asked the supplier before the write, and its answer came after it. The write dropped the entry, and then the late answer put the old value into Redis, for every instance.',
      lookAt: 'how does an answer that comes from the supplier find out that a write has been in between?',
    },
    async (t) => {
      const far = new FarInstance(t, await t.redis.openDoor());
      for (const [id, reader, writer] of [
        ['16', 1, 2],
        ['17', 2, 2],
      ] as const) {
        const path = `/events/${id}`;
        t.trail.splice(0);
        const { early } = await readAndHold(t, t.visitor(), path, reader);
        const trailLength = t.trail.length;
        await t.supplier.setLatency(0); // The write overtakes the read.
        // A write that waits for the reads under way is right, too, and would wait for ever.
        const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
        try {
          await change(t, id, { priceCents: 777 }, writer);
          for (const on of [reader, 3 - reader]) {
            const teaching = {
              because:
                'The write had been answered, and still a new reader was given the answer that was asked for before it.',
              lookAt: 'which answer does a reader wait for, when one is under way that began before the write?',
            };
            requirePrice(t, await read(t, t.visitor(), path, { on }, teaching), 777, teaching);
          }
        } finally {
          clearTimeout(patience);
        }
        await t.supplier.release();
        const { status } = await early;
        t.trail.splice(trailLength + 1, t.trail.length, `the early read is answered\t${status}`);
        for (const on of [1, 2]) requirePrice(t, await read(t, t.visitor(), path, { on }), 777);
      }
      await far.ready();
      await mustCompareAndWriteAtOnce(t, far);
    },
  );
}

/**
 * On a busy machine a short moment without Redis is a long one, in which an app that goes on without is right. And a wrong
 * app may be late by itself, so that it seems to wait. So what does not fail at once is tried with other events, too.
 * @param judge fails, or says whether it can be sure; told an event that nobody has changed yet.
 */
async function untilForced(t: Stage, far: FarInstance, ids: string[], judge: (id: string) => Promise<boolean>) {
  let held = false;
  for (const id of ids) {
    t.trail.splice(0);
    try {
      if (await judge(id)) return;
      held = true;
    } catch (error) {
      far.letGo();
      if (!(error instanceof BehaviourFailure) || far.heldForMs < shortestTimeoutMs) throw error;
    }
  }
  if (!held) t.inconclusive('the machine was too busy to hold back Redis for a short moment only');
}

/** A write that does not wait for Redis is answered while what it sent is still on its way. */
async function mustWaitForRedis(t: Stage, far: FarInstance, id: string): Promise<boolean> {
  const path = `/events/${id}`;
  for (const visitor of [t.visitor(), far.visitor]) await read(t, visitor, path);
  t.trail.splice(0, t.trail.length, 'what an extra instance sends to Redis takes its time');
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const write = follow(change(t, id, { priceCents: 4_321 }, far.visitor));
  await t.until('the write to reach the supplier', async () => write.ended || (await t.supplier.total()) > 0);
  await t.supplier.setLatency(0);
  far.hold();
  await t.supplier.release();
  await hasCaughtUp(far.url);
  const waits = !write.ended; // Or is late by itself.
  if (!waits) {
    await write.promise;
    requirePrice(t, await read(t, t.visitor(), path, { on: 1 }), 4_321, {
      because:
        'What drops the entry in Redis was still on its way when the write was answered. Until it is there, all others read the old one.',
      lookAt: 'what has PUT /events/:id waited for when it answers?',
    });
  }
  far.letGo();
  await write.promise;
  requirePrice(t, await read(t, t.visitor(), path, { on: 1 }), 4_321);
  return !waits;
}

/** A copy in a process is right only if the write waits until each process has dropped its own. */
async function mustWaitForCopies(t: Stage, far: FarInstance, id: string): Promise<boolean> {
  const path = `/events/${id}`;
  const copiedAt = performance.now();
  for (const visitor of [t.visitor(), far.visitor, far.visitor]) await read(t, visitor, path);
  t.trail.splice(0, t.trail.length, 'what Redis sends to an extra instance takes its time');
  far.hold();
  const write = follow(change(t, id, { priceCents: 4_321 }, 1));
  await hasCaughtUp(t.app(1).url);
  const waits = !write.ended; // For the extra instance, or it is late by itself.
  if (waits) far.letGo();
  await write.promise;
  const answer = follow(read(t, far.visitor, path));
  await hasCaughtUp(far.url);
  const quick = performance.now() - copiedAt < shortestCopyMs;
  far.letGo();
  requirePrice(t, await answer.promise, 4_321, {
    because:
      'The instance answered from a copy of its own. The message that it is no longer true was still on its way when the write was answered.',
    lookAt: 'how does an instance that has a copy know, when it answers, that no other one has written meanwhile?',
  });
  return quick && !waits;
}

/** Between looking whether a write has been and writing the entry there must be no gap. */
async function mustCompareAndWriteAtOnce(t: Stage, far: FarInstance): Promise<void> {
  const path = '/events/18';
  t.trail.splice(0);
  const { early } = await readAndHold(t, far.visitor, path);
  await t.supplier.setLatency(0);
  far.holdReplies();
  await t.supplier.release();
  await hasCaughtUp(far.url); // What it sends to Redis first, now that it has the answer, has been done there.
  t.step('the supplier answers it, and what Redis replies to it takes its time');
  await change(t, '18', { priceCents: 777 }, 1);
  far.letGo();
  const { status } = await early;
  t.trail.pop();
  t.step(`the early read is answered\t${status}`);
  await hasCaughtUp(far.url); // It may answer before it writes.
  const teaching = {
    because:
      'The late answer asked Redis whether a write had been, and none had. Then came the write, and then the late answer put the old value into Redis: asking and writing were two commands.',
    lookAt: 'what may happen in Redis between two commands of one reader?',
  };
  requirePrice(t, await read(t, t.visitor(), path, { on: 2 }, teaching), 777, teaching);
}

/** A read that has reached the supplier, which keeps its answer back. */
async function readAndHold(t: Stage, visitor: Visitor, path: string, on?: number) {
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  t.step(`GET ${path} on ${on ? `instance ${on}` : 'an extra instance'} begins, and the supplier is slow`);
  const early = visitor.get(path, { ...(on ? { on } : {}), deadlineMs: 10_000 });
  early.catch(() => {}); // Awaited later, unless something fails before.
  await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
  return { early };
}

/** Something under way, and whether it still is. */
function follow<T>(promise: Promise<T>): { promise: Promise<T>; ended: boolean } {
  const followed = { promise, ended: false };
  const end = () => {
    followed.ended = true;
  };
  promise.then(end, end);
  return followed;
}

function requirePrice(t: Stage, { json }: Answer, priceCents: number, teaching: Partial<Teaching> = {}): void {
  const seen = `priceCents ${json.priceCents}`;
  t.require(json.priceCents === priceCents, { expected: `priceCents ${priceCents}`, seen, ...teaching });
}
