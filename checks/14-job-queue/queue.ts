import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, RedisHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, offersOf, oneEach, place, untilStatus } from './desk.ts';
import { asked, eventually, startInTurn } from './patience.ts';

const batch = 60;
/** What one confirmed order may leave: its own key, and an entry in some index. */
const mostEach = 2.5;

export function queueBehaviours(behaviour: CheckDefinition['behaviour']): void {
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

  behaviour(
    'poison',
    'an order whose e-mail can’t be written is failed, and the others don’t wait for it',
    {
      because: 'One job that can never be done keeps the worker busy, or ends it, and the orders behind it wait.',
      lookAt:
        'what becomes of a job that throws something which is no answer of the SMTP server, and where does it go meanwhile?',
    },
    async (t) => {
      const visitor = t.visitor();
      const poison: string[] = [];
      for (let n = 0; n < 4; n++) poison.push(await place(t, visitor, newOrder({ event: 'secret-show' })));
      const others = [await place(t, visitor, newOrder()), await place(t, visitor, newOrder())];
      t.trail.begin('four orders for secret-show, for which letter.ts throws, and two others');
      await mustHaveOneEach(t, visitor, t.smtp, others);
      for (const id of poison) await untilStatus(t, visitor, id, 'failed');
      t.require(!t.worker().exited, { expected: 'the worker to go on', seen: t.worker().ending() });
    },
    { further: true },
  );

  behaviour(
    'backlog',
    'GET /queue tells how many orders are pending, and how old the oldest of them is',
    {
      because:
        'Nobody sees that the worker has stopped until customers call. A backlog that grows older is the first sign.',
      lookAt:
        'which orders does /queue count: also those that wait for their next attempt, and those that are under way?',
    },
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, BACKOFF_MS: '20000' };
      const [app, worker] = await Promise.all([startInTurn(t, env), startInTurn(t, env, { worker: true })]);
      const visitor = t.visitor({ at: app });
      const tells = (waiting: number) =>
        eventually(t, `"waiting":${waiting}`, async () => {
          t.trail.retell(1);
          const { json, text } = (await asked(t, () => visitor.get('/queue'))).mustBe(200);
          t.trail.retell(1, 'GET /queue', text);
          return json?.waiting === waiting && json;
        });
      t.trail.begin('no order is pending');
      const none = await tells(0);
      t.require(none.oldestMs === null, { expected: '"oldestMs":null', seen: JSON.stringify(none) });
      // The oldest is one that waits for its next attempt, for longer than this takes.
      smtp.refuse(({ to }) => (to[0]?.startsWith('later') ? { code: 451, text: 'later' } : undefined));
      const sentAt = performance.now();
      const later = await place(t, visitor, newOrder({ email: 'later@example.org' }));
      const answeredAt = performance.now();
      await eventually(t, 'its e-mail to be refused', () => smtp.refused.length > 0);
      smtp.hold();
      const underWay = await place(t, visitor, newOrder());
      await eventually(t, 'an e-mail under way', () => offersOf(smtp, underWay).length > 0);
      await delay(300);
      t.trail.begin('one order whose e-mail was refused with 451, and one whose e-mail is under way');
      const leastMs = performance.now() - answeredAt;
      const { oldestMs } = await tells(2);
      const mostMs = performance.now() - sentAt;
      t.require(typeof oldestMs === 'number' && oldestMs >= leastMs - 50 && oldestMs <= mostMs + 50, {
        expected: `"oldestMs" from ${Math.round(leastMs)} to ${Math.round(mostMs)}`,
        seen: String(oldestMs),
      });
      smtp.release();
      await untilStatus(t, visitor, underWay, 'confirmed');
      await worker.kill();
      for (let n = 0; n < 3; n++) await place(t, visitor, newOrder());
      t.trail.begin(`order ${later}, which waits for its next attempt, and three more while the worker is away`);
      await tells(4);
    },
    { further: true, background: true, limitMs: 30_000 },
  );

  behaviour(
    'two-workers',
    'two workers share the work, and each e-mail is sent once',
    oneEach,
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, SMTP_CONNECTIONS: '1' };
      const worker = () => startInTurn(t, env, { worker: true });
      const [app] = await Promise.all([startInTurn(t, env), worker(), worker()]);
      const visitor = t.visitor({ at: app });
      smtp.hold();
      const ids: string[] = [];
      for (let n = 0; n < 30; n++) ids.push(await place(t, visitor, newOrder()));
      t.trail.begin(
        'two workers with SMTP_CONNECTIONS=1, 30 orders, and an SMTP server that keeps its clients waiting',
      );
      await eventually(t, 'two e-mails under way, one from each', () => smtp.offered.length >= 2, {
        because: 'One worker has all the jobs, and the other one has nothing to do.',
        lookAt: 'how many jobs does a worker take from the queue before it has done them?',
      });
      smtp.setLatency(10);
      smtp.release();
      await mustHaveOneEach(t, visitor, smtp, ids);
      const { most, turnedAway } = smtp.connections();
      t.require(most === 2 && turnedAway === 0, { expected: '2 connections to the SMTP server', seen: String(most) });
    },
    { further: true, background: true, limitMs: 30_000 },
  );
}

async function confirm(t: Stage, visitor: Visitor, many: number): Promise<void> {
  t.trail.begin();
  const ids: string[] = [];
  for (let n = 0; n < many; n++) ids.push(await place(t, visitor, newOrder()));
  for (const id of ids) await untilStatus(t, visitor, id, 'confirmed');
}

/** Keys, and what is in lists, sets and streams that somebody works through. A hash is one thing. */
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
