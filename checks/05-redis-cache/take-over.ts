import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/behaviour.ts';
import { attachRun, cacheDir, repoDir } from '../harness/run.ts';
import { openRedis } from '../harness/services/redis/handle.ts';
import { crowd, haveLooked, heldMs, takeOverFromMs, untilKept } from './steps.ts';

/** By then a reader who waits for one that died has recovered; one that renews its claim has been left alone. */
const takenOverWithinMs = 3_200;
const path = '/events/7';

/**
 * The first call hangs. If another reader takes over, the first call fails while the second is under way, and new readers
 * come: they must find that somebody asks. With services of its own, because it runs beside the other behaviours.
 */
export async function requireOneAtATime(t: Stage): Promise<void> {
  const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 50 });
  const redis = await openRedis({ run: attachRun(), cacheDir, repoDir, env: process.env, onProgress: () => {} });
  try {
    const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl };
    const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
    for (const at of [one, two]) await untilKept(t.visitor({ at }), supplier, '/events/1');
    t.trail.splice(0);
    const urls = [one.url, two.url];
    await supplier.setLatency(heldMs);
    await supplier.reset();
    await supplier.fail({ how: 'hang', times: 1 });
    t.step(`GET ${path} on instance 1, and the supplier does not answer`);
    const first = crowd([one.url], path, 1);
    await t.until('the first call', async () => (await supplier.total()) > 0);
    const hangsFrom = performance.now();
    const waiting = crowd(urls, path, 20);
    t.step('20 more readers on both instances');
    // When the second call began is not known, but that it had not at this time is.
    let notYetAt = performance.now();
    for (; notYetAt - hangsFrom < takenOverWithinMs && (await supplier.total()) < 2; await delay(10))
      notYetAt = performance.now();
    const tookOver = (await supplier.total()) >= 2;
    /** Whoever asks after a second of waiting for the second may do so. */
    const requireTwo = async (expected: string, teaching: { because?: string; lookAt?: string } = {}) => {
      const calls = await supplier.total();
      if (calls <= 2) return;
      if (tookOver && performance.now() - notYetAt > takeOverFromMs)
        t.inconclusive('the machine was too busy to send readers while an answer was under way');
      t.require(false, { expected, seen: `${calls}`, ...teaching });
    };
    if (tookOver) {
      t.step(`another reader asks after ${((notYetAt - hangsFrom) / 1_000).toFixed(1)} s`);
      await delay(50); // For others, who would do the same at the same time.
      await haveLooked(urls);
      await requireTwo('2 calls to the supplier, the first and one that took over', {
        because: 'Those who wait give up together and ask by themselves: the stampede comes after all, only later.',
        lookAt: 'what do those who wait do when it takes too long, and who decides which of them may ask?',
      });
    }
    await supplier.heal(); // The connection of the call that hung breaks, so it fails.
    t.step('the first call fails');
    await Promise.race([first, delay(100)]); // Its reader may also be made to wait for the second.
    await haveLooked(urls);
    t.step('20 new readers on both instances');
    const late = crowd(urls, path, 20);
    await haveLooked(urls);
    await requireTwo('2 calls to the supplier');
    await supplier.setLatency(0);
    await supplier.release();
    await Promise.all([waiting, first]);
    const wrong = (await late).find(({ status }) => status !== 200);
    t.require(!wrong, {
      expected: '200 for each of the new readers',
      seen: `${wrong?.status} ${wrong?.text}`,
      because: 'The supplier is well again, and readers who came after that still get an error.',
      lookAt: 'what do readers get who come while another one has taken over?',
    });
  } finally {
    await redis.close();
  }
}
