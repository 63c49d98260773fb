import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { drainsWithoutList } from './drain-without.ts';
import { type HeldOrder, holdOrder } from './held.ts';
import { Kept } from './kept.ts';
import { LateLook } from './late-look.ts';
import { storedOrders } from './orders.ts';
import { skipOnWindows, startReady } from './ready.ts';
import { mustSayNoToWhoeverWaits } from './ready-in-flight.ts';
import { beginDrainWithoutRedis } from './redis-goes.ts';
import { whileRedisIsLate } from './redis-late.ts';
import { isServed } from './served.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { inWords } from './wire.ts';

/** Other values of it, 0 among them, are the deadline's. */
const delayMs = 2_000;
/** Several times what the drain takes, so that nothing here comes from the deadline. */
const timeoutMs = '30000';
/** How long after the delay an app may still take connections. */
const toleranceMs = 2_500;
const attempts = 3;
/** With the instance that has no list, and begins when this one has ended. */
const lastsMs = 7_000;
/** How long Redis keeps the orders in flight waiting, when their bodies have come: no client gives up so soon. */
const redisLateMs = 500;

/** Line 2. */
export function drainBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'drain',
    'after SIGTERM /ready is 503 at once, and everything is served for DRAIN_DELAY_MS; then what is in flight ends, and the exit code is 0',
    {
      because:
        'The balancer looks only every 200 ms, and a request may be on its way to it. Until it has noticed, an instance that ends breaks requests.',
      lookAt: 'what happens between SIGTERM and the moment when the server closes?',
    },
    async (t) => {
      skipOnWindows(t);
      await using withoutRedis = await beginDrainWithoutRedis(t);
      await using leftAlone = await mustSayNoToWhoeverWaits(t);
      for (let attempt = 1; !(await drains(t)); attempt++)
        if (attempt === attempts) t.inconclusive('this check got no core to ask in time');
      t.trail.begin();
      await Promise.all([drainsWithoutList(t), withoutRedis.over(), leftAlone.over()]);
    },
    { limitMs: 60_000, background: true },
  );
}

/** @returns false if the machine gave us no time to ask. */
async function drains(t: Stage): Promise<boolean> {
  const door = await t.redis.openDoor();
  const env = { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: timeoutMs, REDIS_URL: door.url };
  const app = await startReady(t, env, lastsMs);
  const kept = Array.from({ length: 5 }, () => new Kept());
  const held: HeldOrder[] = [];
  const looks: LateLook[] = [];
  t.trail.begin(`DRAIN_DELAY_MS=${delayMs}, SHUTDOWN_TIMEOUT_MS=${timeoutMs}, one order in flight`);
  try {
    for (const one of kept) await one.ask(app, '/prices/oslo');
    held.push(await holdOrder(t, app));
    looks.push(await LateLook.begin(app));
    const at = terminate(t, app);
    if (!(await isServed(t, app, { at, delayMs, kept, held }))) return false;
    await untilRefused(t, app, Math.max(0, at + delayMs - performance.now()) + toleranceMs, `after ${delayMs} ms`);
    for (const look of looks) await look.mustSayNo(t);
    t.step('new connections are refused; the bodies of the orders in flight come, and Redis is slow');
    const replies = await whileRedisIsLate(door, redisLateMs, () => Promise.all(held.map((each) => each.finish())));
    for (const reply of replies)
      t.require(reply.status === 201, {
        expected: '201 for each order in flight',
        seen: inWords(reply),
        because:
          reply.status === 0
            ? 'The order had reached the instance before it stopped to take connections, and was cut off.'
            : 'The order in flight was refused: what it needs was closed before it.',
        lookAt: 'what does the process wait for before it ends, and in which order does it close what it has?',
      });
    await mustEnd(t, app);
    const stored = await storedOrders(t.redis, 'held');
    for (const { order } of held)
      t.require(stored.get(order.id) === 1, {
        expected: 'each of these orders once in encore:orders',
        seen: `${stored.get(order.id) ?? 0} times`,
      });
    return true;
  } finally {
    for (const each of held) each.drop();
    for (const one of [...kept, ...looks]) one.destroy();
    await app.kill();
  }
}
