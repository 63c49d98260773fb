import type { CheckDefinition, RedisHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder, place, untilStatus } from './desk.ts';

const batch = 60;
/** What one confirmed order may leave: its own key, and an entry in some index. */
const mostEach = 2.5;

export function pileBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'no-pile',
    'a job that is done leaves nothing in Redis but its order',
    {
      because: 'Every job that was ever done is still in Redis. It fills up, and one day it refuses new orders.',
      lookAt: 'what is left of a job when its e-mail is sent?',
    },
    async (t) => {
      const visitor = t.visitor();
      // What is kept up to a limit is full by then.
      await confirm(t, visitor, 2 * batch);
      const before = await sizeOf(t.redis);
      await confirm(t, visitor, batch);
      const grown = (await sizeOf(t.redis)) - before;
      t.trail.begin(`${batch} orders, until they are confirmed`);
      t.require(grown <= mostEach * batch, {
        expected: `at most ${2 * batch} new keys and entries in Redis`,
        seen: `${grown}`,
      });
    },
    { further: true, limitMs: 30_000 },
  );
}

async function confirm(t: Stage, visitor: Visitor, many: number): Promise<void> {
  t.trail.begin();
  const place10 = () => Promise.all(Array.from({ length: 10 }, () => place(t, visitor, newOrder())));
  const ids: string[] = [];
  while (ids.length < many) ids.push(...(await place10()));
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
