import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, type RedisHandle, type Stage, seemsLonger, type Visitor } from '../harness/sdk/index.ts';
import { mustDoAllAgain, useAllScripts } from './after-restart.ts';
import { mustShareAgain } from './share-again.ts';
import { change, prepareLooks, read, requirePrice, slowestAnswerMs, untilKept } from './steps.ts';
import { mustAnswerWhoWaits, untilItsEndIsKnown } from './waiting-without-redis.ts';

/** A client that tries a few times and then no more has stopped by then. */
const givesUpWithinMs = 500;
/** The same of one that tries ten or fifteen times. Pauses that double without end, from 50 ms or from 1 s, are more than 3 s by then. */
const longOutageMs = 7_500;

/** At the end of it, nobody reads, and to the timers of the instances it is so many times longer: 24 s. Fifty attempts are over by then. */
const hurriedMs = 3_000;
const hurried = 8;

const readInAnOutage = '/events/11';
/** Read on both instances and changed, and then not read until the long outage is over. */
const writtenBefore = '/events/12';

/** When Redis is away, and when it is back. */
export function redisDownBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis-down',
    'without Redis the shop answers from the supplier, and it uses Redis again once that is back',
    {
      because:
        'The cache is there to make the shop faster. Now an outage of the cache is an outage of the shop, although the supplier is well.',
      lookAt: 'what does a read do when a command to Redis fails?',
    },
    async (t) => {
      const pids = [t.app(1).pid, t.app(2).pid];
      await prepareLooks(t);
      await t.supplier.setLatency(20);
      await read(t, t.visitor(), '/events/91', { on: 1 });
      // Twice, as an app may make its copies when it finds an entry in Redis.
      for (const on of [1, 2, 1]) await read(t, t.visitor(), '/events/94', { on });
      await change(t, '94', { priceCents: 4_321 }, 2);
      await mustAnswerWhoWaits(t);
      await mustNotKnowLess(t, '94', 4_321);
      await readAll(t, [1, 2]);
      t.trail.retell(1, 'an instance is started meanwhile');
      const [extra] = await Promise.all([t.startExtra(), delay(givesUpWithinMs)]);
      await readAll(t, [1, 2]);
      await read(t, t.visitor({ at: extra }), '/events/92', { deadlineMs: slowestAnswerMs });
      t.step('Redis is back');
      await t.redis.restore();
      const visitors = [1, 2].map((number) => t.visitor({ at: t.app(number) })) as [Visitor, Visitor];
      await mustShareAgain(t, visitors, { firstId: 201 });
      t.require(t.app(1).pid === pids[0] && t.app(2).pid === pids[1], {
        expected: 'the same processes',
        seen: 'others',
      });
    },
  );

  behaviour(
    'redis-returns',
    'the shop uses Redis again after a second outage, and after a long one',
    {
      because: 'The cache is there to make the shop faster. Now an outage of the cache is an outage of the shop.',
      lookAt: 'what does a read do when a command to Redis fails?',
    },
    async (t) => {
      // With services of its own, because it runs beside the other behaviours.
      const [supplier, redis] = await Promise.all([t.startSupplier({ latencyMs: 0, atOnce: 50 }), t.startRedis()]);
      const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl };
      const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
      const visitors = [t.visitor({ at: one }), t.visitor({ at: two })] as const;
      for (const visitor of visitors) await untilKept(visitor, supplier, '/events/1');
      await useAllScripts(t, visitors, supplier);
      t.trail.begin('Redis stops for a moment');
      await redis.cut();
      for (const path of ['/stats', readInAnOutage])
        await Promise.all(visitors.map((visitor) => read(t, visitor, path)));
      // As a Redis that keeps nothing on a disk.
      await redis.clear();
      await redis.forgetScripts();
      await redis.restore();
      t.trail.retell(1, 'Redis is back, without its keys and without the scripts that it was given');
      await mustShareAgain(t, visitors, { supplier, restarted: redis, firstId: 201 });
      await mustDoAllAgain(t, visitors, { supplier, redis, writeTo: '11', firstId: 361 });
      for (const visitor of visitors) await read(t, visitor, writtenBefore);
      await change(t, '12', { priceCents: 4_321 }, visitors[1]);
      await mustKeepNothingFromAnOutage(t, visitors, redis);
      t.trail.retell(2, `Redis stops again, for ${longOutageMs / 1_000} s`);
      const starting = t.startExtra({ env });
      starting.catch(() => {}); // Awaited after the outage.
      for (const until = performance.now() + longOutageMs - hurriedMs; performance.now() < until; await delay(250)) {
        t.trail.retell(3);
        await Promise.all(visitors.map((visitor) => read(t, visitor, '/events/1')));
      }
      await seemsLonger([one, two], hurried, hurriedMs);
      const third = t.visitor({ at: await starting });
      await read(t, third, '/events/1');
      await redis.restore();
      t.trail.retell(3, 'Redis is back');
      await mustShareAgain(t, visitors, { supplier, firstId: 241 });
      for (const visitor of visitors) await mustStayWritten(t, visitor);
      t.trail.retell(2, `an instance is started while Redis is away, for ${longOutageMs / 1_000} s`);
      t.step('Redis is back');
      await mustShareAgain(t, [visitors[0], third], { supplier, firstId: 281 });
    },
    { background: true, limitMs: 30_000 },
  );
}

/** Nobody has read it since the write. */
async function mustStayWritten(t: Stage, visitor: Visitor): Promise<void> {
  const trailLength = t.trail.length;
  const answer = await read(t, visitor, writtenBefore);
  t.trail.retell(0, `GET ${writtenBefore} on both instances, then PUT {"priceCents":4321} on one of them`, '200');
  t.step(`GET ${writtenBefore}, more than ${longOutageMs / 1_000} s later`, '200');
  requirePrice(t, answer, 4_321, {
    because:
      'The write did not delete the old entry: it left a mark beside it, such as a generation. The mark expired before the entry, so the old entry counts again.',
    lookAt: 'how long does what a write leaves in Redis live, and how long may an entry from before it live?',
  });
  t.trail.retell(trailLength);
}

/** Both have read it in the first outage. Since then one has changed it, and in the next one nobody can ask Redis. */
async function mustKeepNothingFromAnOutage(t: Stage, visitors: readonly Visitor[], redis: RedisHandle): Promise<void> {
  t.trail.begin(`Redis stops for a moment; meanwhile: GET ${readInAnOutage} on both instances`, '200');
  t.step(`Redis is back; PUT ${readInAnOutage} {"priceCents":4321} on one of them`, '200');
  t.step('Redis stops again');
  await redis.cut();
  for (const visitor of visitors) {
    requirePrice(t, await read(t, visitor, readInAnOutage), 4_321, {
      because:
        'The write was answered before Redis stopped. This instance shows a copy of its own from an outage before, when it could not ask Redis, and the other instance has changed the event since.',
      lookAt: 'what does a process keep while Redis is away, and who drops it when Redis is back?',
    });
    t.trail.dropLast();
  }
  t.trail.retell(0, 'Redis stops for a moment');
  t.step('Redis is back, without its keys and without the scripts that it was given');
}

/** The other instance wrote before Redis stopped. A copy for outages is a copy in a process. */
async function mustNotKnowLess(t: Stage, id: string, priceCents: number): Promise<void> {
  const path = `/events/${id}`;
  const answer = await read(t, t.visitor(), path, { on: 1, deadlineMs: slowestAnswerMs });
  t.trail.retell(0, `GET ${path} on both instances, again and again`, '200');
  t.step(`PUT ${path} {"priceCents":${priceCents}} on instance 2`, '200');
  t.step('Redis stops');
  t.step(`GET ${path} on instance 1`, '200');
  requirePrice(t, answer, priceCents, {
    because:
      'The write was answered before Redis stopped. Without Redis this instance shows a copy of its own, from before the write, which nobody has dropped.',
    lookAt: 'what does a process keep for an outage, and who drops it when another instance writes?',
  });
  t.trail.begin('Redis stops');
}

/** At once: a client that waits for each command may take two seconds for each read. */
async function readAll(t: Stage, instances: number[]): Promise<void> {
  const paths = ['/events/91', '/events/92', '/stats'];
  const each = paths.flatMap((path) => instances.map((on) => ({ path, on })));
  const reads = each.map(({ path, on }) => read(t, t.visitor(), path, { on, deadlineMs: slowestAnswerMs }));
  const broken = (await Promise.allSettled(reads)).find((result) => result.status === 'rejected');
  if (!broken) return;
  await untilItsEndIsKnown(t, instances);
  throw broken.reason;
}
