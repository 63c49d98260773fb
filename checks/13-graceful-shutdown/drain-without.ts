import type { Instance, Stage } from '../harness/sdk/index.ts';
import { mustSayNo } from './not-ready.ts';
import { prices } from './orders.ts';
import { mustEnd } from './signals.ts';
import { startInTurn } from './turns.ts';
import { send } from './wire.ts';

const delayMs = 2_500;
/** A right app has a list that has come by then. */
const askedMs = delayMs * 0.85;
const env = { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: '30000' };

/** Line 2, of an instance that was not ready. */
export async function drainsWithoutList(t: Stage): Promise<void> {
  const redis = await t.startRedis();
  const [app, never] = await Promise.all([
    startInTurn(t, { ...env, REDIS_URL: redis.appUrl }, delayMs),
    startInTurn(t, { ...env, DRAIN_DELAY_MS: '0', REDIS_URL: redis.appUrl }, delayMs),
  ]);
  const what = 'an instance that has no price list yet; SIGTERM, and then the price list is written';
  for (const each of [app, never]) await send(each, '/ready');
  const at = performance.now();
  for (const each of [app, never]) each.signal('SIGTERM');
  // The app has the signal before it can have the list.
  for (let looks = 0; looks < 2; looks++) await mustSayNo(t, app, { what, at, delayMs });
  await mustHaveEnded(t, never);
  await redis.client.hset('encore:prices', prices);
  while (performance.now() - at < askedMs) await mustSayNo(t, app, { what, at, delayMs });
  await mustEnd(t, app, { step: what, withinMs: at + delayMs + 5_000 - performance.now() });
}

/** For this one the list never comes. */
async function mustHaveEnded(t: Stage, app: Instance): Promise<void> {
  await mustEnd(t, app, {
    step: 'DRAIN_DELAY_MS=0, an instance that has no price list yet, Redis is there; SIGTERM',
    teaching: {
      because: 'Nobody waits for this process, and it waits for a list that may never come. The deploy waits with it.',
      lookAt: 'what does the process wait for before it ends, and what does it still try again?',
    },
  });
}
