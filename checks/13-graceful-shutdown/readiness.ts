import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, RedisHandle, Stage, Teaching } from '../harness/sdk/index.ts';
import { mustTellEach } from './outage-after-outage.ts';
import { OutageOrders } from './outage-orders.ts';
import { isYes, ownRedis, startReady, untilReady } from './ready.ts';
import { noWithinMs, tooLate, untilNo } from './until-no.ts';
import { inWords, send } from './wire.ts';

/** Longer than code that tries a few times goes on trying. */
const longOutageMs = 5_000;
/** Longer than the starter's client waits for a reply, and than code that then tries again. */
const longHangMs = 5_000;
const hangsAgainMs = 1_200;
/** Of Redis' return, and what a busy machine may add. */
const deadlineMs = 6_000;
/** What has said no in time may take longer once. */
const stillNoWithinMs = 5_000;
const readyEveryMs = 50;

/** Line 6, of /ready. */
export function readinessBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'ready',
    '/ready is 503 while Redis is gone or hangs, and 200 again by itself; no order is confirmed in vain or stored twice',
    {
      because:
        'An instance that can take no order should get none. And nobody restarts it when Redis is back: it must notice by itself.',
      lookAt: 'what does GET /ready ask Redis, how long does it wait, and what does the client do after an outage?',
    },
    async (t) => {
      const redis = await ownRedis(t);
      // They share one trail, so each failure tells its own steps, and nothing else is told.
      await Promise.all([goes(t, redis), hangs(t, redis)]);
    },
    { limitMs: 60_000, background: true },
  );
}

async function goes(t: Stage, redis: RedisHandle): Promise<void> {
  const app = await startReady(t, { REDIS_URL: redis.appUrl }, longOutageMs + 1_000);
  const orders = new OutageOrders(app, redis, 'gone');
  await orders.breakConnection();
  await mustBeBack(t, app, 'Redis broke its connections');
  await orders.refuse();
  await redis.cut();
  orders.send('sent while Redis was gone');
  await mustSayNo(t, app, 'Redis is gone', longOutageMs);
  await redis.restore();
  await mustBeBack(t, app, `Redis was gone for ${longOutageMs / 1_000} s`);
  await orders.mustBeStoredOnce(t);
  const gone = { begin: () => redis.cut(), end: () => redis.restore() };
  const hung = { begin: () => redis.pause(), end: () => redis.resume() };
  await mustTellEach(t, app, [
    { what: 'Redis is gone again', ...gone },
    { what: 'Redis hangs, after it was gone twice', ...hung },
    { what: 'Redis is gone for a third time', ...gone },
  ]);
}

async function hangs(t: Stage, redis: RedisHandle): Promise<void> {
  const door = await redis.openDoor();
  const app = await startReady(t, { REDIS_URL: door.url }, longHangMs + hangsAgainMs + 1_000);
  const orders = new OutageOrders(app, redis, 'hung');
  for (const [ms, again] of [
    [longHangMs, ''],
    [hangsAgainMs, ' again'],
  ] as const) {
    door.pause();
    orders.send(`sent while Redis hung${again}`);
    await mustSayNo(t, app, `Redis hangs${again}: it takes connections and does not reply`, ms);
    door.resume();
    await mustBeBack(t, app, `Redis hung${again} for ${ms / 1_000} s`);
  }
  await orders.mustBeStoredOnce(t);
  await mustTellEach(t, app, [
    { what: 'Redis hangs for a third time', begin: () => door.pause(), end: () => door.resume() },
  ]);
}

const mustBeBack = (t: Stage, app: Instance, what: string) =>
  untilReady(t, app, { step: `${what}, and is there now; GET /ready, again and again`, deadlineMs });

/** In time, and then until the outage is over. Another process of the app may notice it a moment later than the first. */
async function mustSayNo(t: Stage, app: Instance, when: string, forMs: number): Promise<void> {
  const begunAt = performance.now();
  await untilNo(t, app, { what: when, expected: '503 within 2 s', ...sendsOrders });
  const from = t.trail.length;
  while (performance.now() - begunAt < forMs) {
    await delay(readyEveryMs);
    const reply = await send(app, '/ready', { withinMs: stillNoWithinMs });
    t.trail.retell(from);
    const isYesStill = isYes(reply.status) && reply.at - begunAt < noWithinMs;
    t.require(reply.status === 503 || isYesStill, {
      step: `GET /ready, again and again: ${when}`,
      expected: '503 until Redis is back',
      seen: `503, and later ${inWords(reply)}`,
      ...(isYes(reply.status) ? saysYesAgain : tooLate),
    });
  }
}

const sendsOrders: Teaching = {
  because: 'The balancer sends orders to an instance that can store none.',
  lookAt: 'what does GET /ready ask Redis, and how long does it wait for the reply?',
};

const saysYesAgain: Teaching = {
  because: sendsOrders.because,
  lookAt: 'what makes GET /ready say yes again, although Redis is not back?',
};
