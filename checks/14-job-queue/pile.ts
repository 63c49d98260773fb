import type { CheckDefinition, RedisHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder, place, untilStatus } from './desk.ts';
import { refuseByName } from './refused.ts';
import { newKey } from './repeats.ts';

const batch = 60;
/** What one confirmed order may leave: its own key, and an entry in some index. */
const mostEach = 2.5;

export function pileBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'no-pile',
    'a job that is done leaves nothing in Redis but its order',
    {
      because:
        'Something of jobs that are done is still in Redis, beside their orders and keys: of all that there ever were, or of more than the last 100.',
      lookAt: 'what is left of a job when its e-mail is sent, also of one that was tried twice?',
    },
    async (t) => {
      const visitor = t.visitor();
      // What is kept up to a limit is full by then.
      for (let batches = 1; batches <= 2; batches++) await confirm(t, visitor, () => place(t, visitor, newOrder()));
      const before = await sizeOf(t.redis);
      // What such an order leaves, one without a key does not.
      refuseByName(t.smtp, { untilAttempt: 2 });
      await confirm(t, visitor, (n) => place(t, visitor, n % 4 ? refusedOnce(n) : newOrder(), { key: newKey() }));
      const grown = (await sizeOf(t.redis)) - before;
      t.trail.begin(
        `${batch} orders, each with an Idempotency-Key, three in four refused with 451 at first, until they are confirmed`,
      );
      t.require(grown <= mostEach * batch, {
        expected: `at most ${2 * batch} new keys and entries in Redis`,
        seen: `${grown}`,
      });
    },
    { further: true, limitMs: 30_000 },
  );
}

const refusedOnce = (n: number) => newOrder({ email: `refused-451.pile${n}@example.org` });

/** @param placeOne places the n-th order of a batch. */
async function confirm(t: Stage, visitor: Visitor, placeOne: (n: number) => Promise<string>): Promise<void> {
  t.trail.begin();
  const ids: string[] = [];
  while (ids.length < batch)
    ids.push(...(await Promise.all(Array.from({ length: 10 }, (_, n) => placeOne(ids.length + n)))));
  for (const id of ids) await untilStatus(t, visitor, id, 'confirmed');
}

/** Keys, and the elements of lists, sets and streams. A hash is one thing. */
async function sizeOf(redis: RedisHandle): Promise<number> {
  let size = 0;
  for (const key of await redis.keys()) {
    size++;
    const type = await redis.client.type(key);
    if (type === 'list') size += await redis.client.llen(key);
    if (type === 'set') size += await redis.client.scard(key);
    if (type === 'zset') size += await redis.client.zcard(key);
    // One without groups is a log, such as that of BullMQ's events, which is cut to a length.
    if (type === 'stream' && ((await redis.client.xinfo('GROUPS', key)) as unknown[]).length > 0)
      size += await redis.client.xlen(key);
  }
  return size;
}
