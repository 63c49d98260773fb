import type { Stage } from '../harness/sdk/index.ts';
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
  const app = await startInTurn(t, { ...env, REDIS_URL: redis.appUrl }, delayMs);
  const what = 'an instance that has no price list yet; SIGTERM, and then the price list is written';
  await send(app, '/ready');
  const at = performance.now();
  app.signal('SIGTERM');
  // The app has the signal before it can have the list.
  for (let looks = 0; looks < 2; looks++) await mustSayNo(t, app, { what, at, delayMs });
  await redis.client.hset('encore:prices', prices);
  while (performance.now() - at < askedMs) await mustSayNo(t, app, { what, at, delayMs });
  await mustEnd(t, app, { step: what, withinMs: at + delayMs + 5_000 - performance.now() });
}
