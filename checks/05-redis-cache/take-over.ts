import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/behaviour.ts';
import { attachRun, cacheDir, repoDir } from '../harness/run.ts';
import { openRedis } from '../harness/services/redis/handle.ts';
import { startSupplier } from '../harness/services/supplier/handle.ts';
import { crowd } from './steps.ts';

/** By then a reader who waits for one that died has recovered; one that renews its claim has been left alone. */
const takenOverWithinMs = 3_200;
/** Of the answer that is asked for second. Shorter than the shortest time after which another one may take over. */
const secondLatencyMs = 700;
const path = '/events/7';

/**
 * The first call hangs. If another reader takes over, the first call fails while the second is under way, and new readers
 * come: they must find that somebody asks. With services of its own, because it runs beside the other behaviours.
 */
export async function requireOneAtATime(t: Stage): Promise<void> {
  const run = attachRun();
  const supplier = await startSupplier({ run, latencyMs: secondLatencyMs, atOnce: 50 });
  const redis = await openRedis({ run, cacheDir, repoDir, env: process.env, onProgress: () => {} }).catch((error) => {
    supplier.close();
    throw error;
  });
  try {
    const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl };
    const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
    await supplier.fail({ how: 'hang', times: 1 });
    t.step(`GET ${path} on instance 1, and the supplier does not answer`);
    const first = crowd([one.url], path, 1);
    await t.until('the first call', async () => (await supplier.total()) > 0);
    const waiting = crowd([one.url, two.url], path, 20);
    t.step('20 more readers on both instances');
    const hangsFrom = performance.now();
    while ((await supplier.total()) < 2 && performance.now() - hangsFrom < takenOverWithinMs) await delay(10);
    const tookOverAt = (await supplier.total()) >= 2 ? performance.now() : undefined;
    if (tookOverAt) {
      t.step(`another reader asks after ${((tookOverAt - hangsFrom) / 1_000).toFixed(1)} s`);
      await delay(100); // For others, who would do the same at the same time.
      const together = await supplier.total();
      t.require(together === 2, {
        expected: 'one other call to the supplier',
        seen: `${together - 1}`,
        because: 'Those who wait give up together and ask by themselves: the stampede comes after all, only later.',
        lookAt: 'what do those who wait do when it takes too long, and who decides which of them may ask?',
      });
    }
    await supplier.heal(); // The connection of the call that hung breaks, so it fails.
    t.step('the first call fails');
    await Promise.race([first, delay(200)]); // Its reader may also be made to wait for the second.
    t.step('20 new readers on both instances');
    const cameInTime = !tookOverAt || performance.now() - tookOverAt < secondLatencyMs - 150;
    const [late] = await Promise.all([crowd([one.url, two.url], path, 20), waiting, first]);
    const calls = await supplier.total();
    t.require(calls <= 2, { expected: '2 calls to the supplier', seen: `${calls}` });
    if (!cameInTime) t.inconclusive('the machine was too busy to send readers while an answer was under way');
    const wrong = late.find(({ status }) => status !== 200);
    t.require(!wrong, {
      expected: '200 for each of the new readers',
      seen: `${wrong?.status} ${wrong?.text}`,
      because: 'The supplier is well again, and readers who came after that still get an error.',
      lookAt: 'what do readers get who come while another one has taken over?',
    });
  } finally {
    await redis.close();
    await supplier.close();
  }
}
