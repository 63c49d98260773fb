import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { beside, type Drain } from './beside.ts';
import { Kept } from './kept.ts';
import { keptMustServe } from './kept-in-the-delay.ts';
import { mustSayNo, type Told } from './not-ready.ts';
import { orderOf } from './orders.ts';
import { isYes, ownRedis, startReady } from './ready.ts';
import { mustEnd } from './signals.ts';
import { inWords, send } from './wire.ts';

/** So long that a client may take the five seconds of line 6 to find out that Redis is back. */
const delayMs = 8_000;
const env = { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: '30000' };
const awayMs = 300;
/** Of Redis' return, and what a busy machine may add. */
const servesWithinMs = 6_000;
/** By then most clients have found out, and whoever takes that for a reason to be ready says so. */
const backMs = 1_300;
/** How long it is gone before the delay is over: an app that ends because of that is asked about by line 6. */
const goneMs = 800;
const restMs = 20;

/** Line 2, of an instance that is draining while Redis goes and comes back, and is gone when the delay is over. */
export async function beginDrainWithoutRedis(t: Stage): Promise<Drain> {
  const redis = await ownRedis(t);
  const app = await startReady(t, { ...env, REDIS_URL: redis.appUrl }, delayMs);
  return beside(app, drains(t, app, redis));
}

async function drains(t: Stage, app: Instance, redis: RedisHandle): Promise<void> {
  const kept = new Kept();
  await kept.ask(app, '/prices/oslo');
  const at = performance.now();
  app.signal('SIGTERM');
  const what = `DRAIN_DELAY_MS=${delayMs}; SIGTERM; then Redis goes, and comes back`;
  const told = { what, at, delayMs };
  while (isYes((await send(app, '/ready')).status) && performance.now() - at < delayMs) await delay(restMs);
  await Promise.all([keptMustServe(t, app, kept, what), servesAndEnds(t, app, redis, told)]);
}

async function servesAndEnds(t: Stage, app: Instance, redis: RedisHandle, told: Told): Promise<void> {
  const { what, at } = told;
  await redis.cut();
  for (const until = performance.now() + awayMs; performance.now() < until; ) await mustSayNo(t, app, told);
  await redis.restore();
  await mustServeAgain(t, app, told);
  await app.exitedWithin(Math.max(0, at + delayMs - goneMs - performance.now()));
  await redis.cut();
  const step = `${what}, and is gone at the end of the process`;
  await mustEnd(t, app, { step, withinMs: Math.max(0, at + delayMs - performance.now()) + 5_000 });
}

/** Everything is answered as before, once the app has found out. */
async function mustServeAgain(t: Stage, app: Instance, told: Told): Promise<void> {
  const { what, at } = told;
  const backAt = performance.now();
  let isServed = false;
  for (;;) {
    await mustSayNo(t, app, told);
    const reply = await send(app, '/orders', { method: 'POST', body: orderOf('back') });
    isServed ||= isYes(reply.status);
    const sinceMs = performance.now() - backAt;
    if (isServed && sinceMs > backMs) return;
    if (reply.at - at >= delayMs)
      return isServed ? undefined : t.inconclusive('the machine was too busy to ask in time');
    t.require(isServed || sinceMs < servesWithinMs, {
      step: `${what}; POST /orders, again and again, for ${servesWithinMs / 1_000} s`,
      expected: '201 within 5 s of Redis’ return, because the delay is not over',
      seen: inWords(reply),
      because:
        'As long as the delay lasts, the balancer may send orders, and one in flight may need Redis after that. A connection to Redis that is not made again breaks them.',
      lookAt: 'what does the client of Redis do when its connection breaks after SIGTERM?',
    });
  }
}
