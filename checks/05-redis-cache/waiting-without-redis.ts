import { setTimeout as delay } from 'node:timers/promises';
import { excerpt, type Stage } from '../harness/sdk/index.ts';
import { crowd, haveLooked, heldMs } from './steps.ts';

/** Redis goes away while readers wait for an answer that is under way. */
export async function mustAnswerWhoWaits(t: Stage): Promise<void> {
  const urls = [t.app(1).url, t.app(2).url];
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const waiting = crowd(urls, '/events/93', 10);
  await t.until('a call to the supplier', async () => (await t.supplier.total()) > 0);
  await haveLooked(urls);
  await t.supplier.setLatency(20);
  t.trail.begin('Redis stops');
  await t.redis.cut();
  await delay(20);
  await t.supplier.release();
  const bad = (await waiting).find(({ status }) => status !== 200);
  if (bad?.status === 0) await untilItsEndIsKnown(t, [1, 2]);
  t.require(!bad, {
    step: '10 readers had been waiting for an answer that was under way',
    expected: '200 for each of them',
    seen: `${bad?.status || 'a broken connection'} ${excerpt(bad?.text ?? '')}`,
    because: 'Redis went away while they waited, and that was made an error, although the supplier is well.',
    lookAt: 'what does a reader that waits do when a command to Redis fails?',
  });
}

/** A connection breaks a moment before the end of the process is known, and that is what must be named. */
export async function untilItsEndIsKnown(t: Stage, instances: number[]): Promise<void> {
  for (let n = 0; n < 25 && !instances.some((on) => t.app(on).exited); n++) await delay(20);
}
